"""Documents on their way in: doubles found, personal data masked, all of it counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.core.documents import LONG_TEXT_LENGTH, Split
from studio.core.schema import ABSTAIN
from studio.importers.base import Incoming
from studio.importers.quality.choices import ImportChoices
from studio.importers.quality.duplicates import KeyIndex, Keys, keys_of
from studio.importers.quality.languages import READ, languages_of
from studio.importers.quality.personal import Masking, mask_column
from studio.storage.masked import MaskedValue

LANGUAGES_OF: Final = 20_000
"""Documents of an import whose language is looked at; more are drawn from at random."""

Column = NDArray[np.int16]


@dataclass(frozen=True)
class ImportQuality:
    """What an import found, in numbers of documents unless said otherwise.

    Attributes
    ----------
    n_duplicates
        Rows whose text is that of an earlier row or of a document already there.
    n_merged
        How many of these were left out, their label and votes given to the one that stays.
    n_contradicting
        Duplicates whose gold label is another than that of the document they equal.
    n_across_splits
        Duplicates that belong to another split than the document they equal.
    n_empty
        Rows without a text.
    n_overlong
        Texts of more than ``LONG_TEXT_LENGTH`` characters.
    languages
        Documents by ISO 639-1 code, "" for unclear, among ``n_languages`` of them.
    n_languages
        Documents whose language was looked at: all, or 20,000 drawn with seed 0.
    personal
        Values found, by kind (email, phone, card, iban).
    n_masked
        Documents in which something was masked.
    """

    n_duplicates: int = 0
    n_merged: int = 0
    n_contradicting: int = 0
    n_across_splits: int = 0
    n_empty: int = 0
    n_overlong: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)
    n_languages: int = 0
    personal: Mapping[str, int] = field(default_factory=dict)
    n_masked: int = 0


@dataclass(frozen=True)
class Outcome:
    """What to store with the new documents, and what to add to those that were there.

    Attributes
    ----------
    labels, votes
        int16 ``[n_kept]``; votes by the name of their function.
    old_labels, old_votes
        int16 ``[n_before]``: gold and votes that merged rows give to stored documents,
        ``ABSTAIN`` where they give none.
    """

    labels: Column
    votes: Mapping[str, Column]
    old_labels: Column
    old_votes: Mapping[str, Column]
    quality: ImportQuality


class Intake:
    """Takes the batches of one import and knows at the end what they were.

    Parameters
    ----------
    choices
        What to do with duplicates and personal data.
    index
        The keys of all documents that are there already, in order.
    """

    def __init__(self, choices: ImportChoices, index: KeyIndex) -> None:
        self._choices = choices
        self._index = index
        self.n_before = len(index)
        self._batches: list[_Rows] = []
        self._masked: list[tuple[int, pa.RecordBatch]] = []
        self._personal: dict[str, int] = {}
        self._languages = _Draw()
        self._n_empty = self._n_overlong = 0
        self.n_rows = self.n_kept = 0
        self.skipped: list[str] = []

    def take(self, batch: Incoming) -> tuple[pa.RecordBatch, NDArray[np.int8]]:
        """Return the documents of a batch that are to be stored, and their splits."""
        column = batch.batch.column("text")
        texts = column.to_pylist()
        keys = keys_of(texts)
        firsts = self._index.enter(keys)
        own = np.arange(len(texts)) + self.n_before + self.n_rows
        merging = self._choices.duplicates == "merge"
        kept = (firsts == own) | (not merging)
        masking = mask_column(column.filter(pa.array(kept)), self._choices.masked_kinds)
        self._note(masking)
        self._languages.add([text for text, stays in zip(texts, kept, strict=True) if stays])
        rows = _Rows(
            batch.labels, batch.votes, batch.splits, firsts, kept, keys[kept], masking.flags
        )
        self._batches.append(rows)
        self.n_rows += len(texts)
        self.n_kept += int(kept.sum())
        self._n_empty += batch.n_skipped
        self._n_overlong += sum(len(text) > LONG_TEXT_LENGTH for text in texts)
        self.skipped += batch.skipped
        stored = batch.batch.filter(pa.array(kept))
        place = stored.schema.get_field_index("text")
        return stored.set_column(place, "text", masking.texts), rows.splits[kept]

    def keys(self) -> Keys:
        """Return the keys of the documents to be stored, uint64 ``[n_kept, 2]``."""
        return np.concatenate(
            [np.zeros((0, 2), np.uint64), *(rows.keys for rows in self._batches)]
        )

    def flags(self) -> NDArray[np.uint8]:
        """Return which kinds of personal data each document to be stored held, ``[n_kept]``."""
        return np.concatenate([np.zeros(0, np.uint8), *(rows.flags for rows in self._batches)])

    def masked(self, first_doc_id: int) -> Iterator[MaskedValue]:
        """Iterate over all that was masked; the first document stored has ``first_doc_id``."""
        for start, batch in self._masked:
            for cells in batch.to_pylist():
                doc_id = first_doc_id + start + cells.pop("row")
                yield MaskedValue(doc_id, **cells)

    def finish(self, gold: Column, splits: NDArray[np.int8]) -> Outcome:
        """Return what to store, given gold labels and splits of the documents already there."""
        kept = np.concatenate([rows.kept for rows in self._batches])
        firsts = np.concatenate([rows.firsts for rows in self._batches])
        ranks = np.cumsum(kept) - 1
        # From here on a document is its place: those already there, then those to be stored.
        doubles = firsts != np.arange(len(firsts)) + self.n_before
        equals = firsts[doubles]
        new = equals >= self.n_before
        equals[new] = ranks[equals[new] - self.n_before] + self.n_before
        filling = _Filling(self.n_before, kept, doubles, equals)
        labels = filling.fill(gold, self._labels())
        votes = {name: filling.fill(None, self._votes(name)) for name in self.vote_names()}
        old_labels = np.where(gold == ABSTAIN, labels.column[: self.n_before], ABSTAIN)
        merging = self._choices.duplicates == "merge"
        return Outcome(
            labels=labels.column[self.n_before :] if merging else self._labels(),
            votes={
                name: filled.column[self.n_before :] if merging else self._votes(name)
                for name, filled in votes.items()
            },
            old_labels=old_labels if merging else np.full(len(gold), ABSTAIN, np.int16),
            old_votes={
                name: filled.column[: self.n_before] for name, filled in votes.items() if merging
            },
            quality=self._quality(filling, splits, n_contradicting=labels.n_contradicting),
        )

    def vote_names(self) -> tuple[str, ...]:
        """Return the names of the functions that came as columns, in order of appearance."""
        return tuple(dict.fromkeys(name for rows in self._batches for name in rows.votes))

    def _quality(
        self, filling: _Filling, splits: NDArray[np.int8], *, n_contradicting: int
    ) -> ImportQuality:
        languages = languages_of(self._languages.texts())
        counted = {name: languages.count(name) for name in dict.fromkeys(languages)}
        # A row left out belongs to the split that its file names; one kept is in train without.
        merging = self._choices.duplicates == "merge"
        said = np.concatenate([rows.said if merging else rows.splits for rows in self._batches])
        stored = np.concatenate([splits, *(rows.splits[rows.kept] for rows in self._batches)])
        doubled = said[filling.doubles]
        across = (doubled >= 0) & (doubled != stored[filling.equals])
        return ImportQuality(
            n_duplicates=int(filling.doubles.sum()),
            n_merged=self.n_rows - self.n_kept,
            n_contradicting=n_contradicting,
            n_across_splits=int(across.sum()),
            n_empty=self._n_empty,
            n_overlong=self._n_overlong,
            languages=dict(sorted(counted.items(), key=lambda item: -item[1])),
            n_languages=len(languages),
            personal=dict(self._personal),
            n_masked=sum(len(set(batch.column("row").to_pylist())) for _, batch in self._masked),
        )

    def _labels(self) -> Column:
        return np.concatenate([rows.labels for rows in self._batches])

    def _votes(self, name: str) -> Column:
        return np.concatenate(
            [
                rows.votes.get(name, np.full(len(rows.kept), ABSTAIN, np.int16))
                for rows in self._batches
            ]
        )

    def _note(self, masking: Masking) -> None:
        for kind, n in masking.counts.items():
            self._personal[kind] = self._personal.get(kind, 0) + n
        if masking.rows:
            # Columns take a tenth of the memory of objects, and there may be a million.
            columns: dict[str, Any] = {
                "row": list(masking.rows),
                "token": [token.token for token in masking.tokens],
                "kind": [token.kind for token in masking.tokens],
                "value": [token.value for token in masking.tokens],
            }
            self._masked.append((self.n_kept, pa.RecordBatch.from_pydict(columns)))


@dataclass(frozen=True)
class _Rows:
    """What stays in memory of one batch; ``keys`` and ``flags`` are of the rows kept."""

    labels: Column
    votes: Mapping[str, Column]
    said: NDArray[np.int8]  # the split that the file names, -1 where it does not
    firsts: NDArray[np.int64]
    kept: NDArray[np.bool_]
    keys: Keys
    flags: NDArray[np.uint8]

    @property
    def splits(self) -> NDArray[np.int8]:
        return np.where(self.said < 0, Split.TRAIN.code, self.said).astype(np.int8)


@dataclass(frozen=True)
class _Filled:
    """A column of all documents after doubles gave what they had; see :class:`_Filling`."""

    column: Column
    n_contradicting: int


@dataclass(frozen=True)
class _Filling:
    """Which rows are doubles of which documents.

    Attributes
    ----------
    n_before
        Documents already there; they come before those to be stored.
    kept, doubles
        bool ``[n_rows]``: rows that are stored, rows whose text was there before.
    equals
        int64, one a double: the place of the document that it equals.
    """

    n_before: int
    kept: NDArray[np.bool_]
    doubles: NDArray[np.bool_]
    equals: NDArray[np.int64]

    def fill(self, stored: Column | None, rows: Column) -> _Filled:
        """Give each document the value of its first double that has one, where it has none."""
        before = np.full(self.n_before, ABSTAIN, np.int16) if stored is None else stored
        column = np.concatenate([before, rows[self.kept]])
        given = rows[self.doubles]
        has = given != ABSTAIN
        given, equals = given[has], self.equals[has]
        places, first = np.unique(equals, return_index=True)
        empty = column[places] == ABSTAIN
        column[places[empty]] = given[first[empty]]
        return _Filled(column, int((given != column[equals]).sum()))


class _Draw:
    """Texts drawn at random with seed 0 from those that pass by, each as likely as the others."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._drawn: list[tuple[float, str]] = []
        self._limit = 1.0

    def add(self, texts: list[str]) -> None:
        numbers = self._rng.random(len(texts))
        for at in np.flatnonzero(numbers < self._limit).tolist():
            self._drawn.append((float(numbers[at]), texts[at][:READ]))
        if len(self._drawn) > 2 * LANGUAGES_OF:
            self._cut()

    def texts(self) -> list[str]:
        self._cut()
        return [text for _, text in self._drawn]

    def _cut(self) -> None:
        if len(self._drawn) > LANGUAGES_OF:
            self._drawn = sorted(self._drawn)[:LANGUAGES_OF]
            self._limit = self._drawn[-1][0]
