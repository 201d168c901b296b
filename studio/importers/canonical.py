"""Raw columns into documents: text, id, gold, split, votes and metadata, each checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.core.documents import MAX_TEXT_LENGTH, ColumnMapping, Split
from studio.core.errors import BadFile, Invalid
from studio.core.schema import ABSTAIN, LabelSchema
from studio.importers.mapping import VOTE_PREFIX
from studio.importers.rows import Remarks

UNSET: Final = -1
"""Split code of a document whose file says nothing of a split."""

_BLANKS: Final = " \t\n\r\x0b\x0c\xa0\u2028\u2029\u3000\ufeff\u200b"
_LISTED: Final = 5


@dataclass(frozen=True)
class Incoming:
    """Some documents of a file on their way in, in the order of the file.

    Attributes
    ----------
    batch
        Columns ``external_id`` (string), ``text`` (large_string), then the metadata; the same
        schema in every batch of a file.
    splits
        int8 ``[n]``: the code of the split, -1 where the file does not say.
    labels
        int16 ``[n]``: gold label indices, ``ABSTAIN`` (-1) where there is none.
    votes
        By the name of the labeling function: int16 ``[n]``, ``ABSTAIN`` where it has no opinion.
    skipped
        One sentence a kind of refused rows of this batch; empty where every row came through.
    n_skipped
        Number of refused rows.
    """

    batch: pa.RecordBatch
    splits: NDArray[np.int8]
    labels: NDArray[np.int16]
    votes: dict[str, NDArray[np.int16]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    n_skipped: int = 0


class Canonical:
    """Turns the raw batches of one file into documents, counting rows as it goes.

    Parameters
    ----------
    raw
        The raw columns, with what their importer remarks of them.
    mapping
        Which column is what.
    schema
        The labels that gold and votes may name, by name or by index.

    Raises
    ------
    BadFile
        If a mapped column is not in the file.
    """

    def __init__(self, raw: pa.Schema, mapping: ColumnMapping, schema: LabelSchema) -> None:
        columns = raw.names
        self._mapping = mapping
        self._schema = schema
        self._rows = RowNames(Remarks.of(raw))
        self._notes = Remarks.of(raw).notes
        used = {mapping.text, mapping.label, mapping.split, mapping.external_id} - {None}
        for name in sorted(str(name) for name in used):
            if name not in columns:
                raise BadFile(
                    f"The file has no column {name!r}; its columns are "
                    f"{', '.join(repr(c[:60]) for c in columns[:20])}. "
                    "Choose one of these, or check the delimiter."
                )
        free = [c for c in columns if c not in used]
        self._votes = {c: c[len(VOTE_PREFIX) :] for c in free if c.startswith(VOTE_PREFIX)}
        if "" in self._votes.values():
            raise BadFile(f"A column is called {VOTE_PREFIX!r}; name its labeling function too.")
        self._metadata = _metadata_names([c for c in free if c not in self._votes])

    def convert(self, raw: pa.RecordBatch) -> Incoming:
        """Return the documents of the next raw batch.

        Raises
        ------
        BadFile
            If a label, a vote or a split is not understood, or a text is too long; the message
            names the row, counted from 1 without the header.
        """
        rows = self._rows.enter(raw)
        text = _as_text(raw.column(self._mapping.text))
        self._check_lengths(text, rows)
        blank = pc.equal(pc.utf8_trim(text, characters=_BLANKS), "").to_numpy(zero_copy_only=False)
        keep = ~blank
        raw, text = raw.filter(pa.array(keep)), text.filter(pa.array(keep))
        # What the importer has to say of the whole file is said once, with its first rows.
        notes, self._notes = self._notes, ()
        return Incoming(
            batch=self._batch(raw, text, rows[keep]),
            splits=self._splits(raw, rows[keep]),
            labels=self._labels(raw, rows[keep]),
            votes={
                name: self._indices(raw, column, rows[keep])
                for column, name in self._votes.items()
            },
            skipped=(*notes, *self._describe_skipped(rows[blank])),
            n_skipped=int(blank.sum()),
        )

    def _batch(
        self, raw: pa.RecordBatch, text: pa.Array, rows: NDArray[np.int64]
    ) -> pa.RecordBatch:
        columns = {"external_id": self._ids(raw, rows), "text": text}
        for column, name in self._metadata.items():
            columns[name] = _stored(raw.column(column))
        return pa.RecordBatch.from_pydict(columns)

    def _ids(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.Array:
        numbers = pc.cast(pa.array(rows), pa.string())
        if self._mapping.external_id is None:
            return numbers
        ids = pc.cast(raw.column(self._mapping.external_id), pa.string())
        return pc.if_else(pc.equal(pc.fill_null(ids, ""), ""), numbers, ids)

    def _splits(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> NDArray[np.int8]:
        fixed = self._mapping.fixed_split
        if fixed is not None:
            return np.full(len(rows), fixed.code, np.int8)
        if self._mapping.split is None:
            return np.full(len(rows), UNSET, np.int8)
        codes = self._parse(raw, self._mapping.split, rows, lambda c: Split.parse(c).code)
        return codes.astype(np.int8)

    def _labels(self, raw: pa.RecordBatch, rows: NDArray[np.int64]) -> NDArray[np.int16]:
        if self._mapping.label is None:
            return np.full(len(rows), ABSTAIN, np.int16)
        return self._indices(raw, self._mapping.label, rows)

    def _indices(
        self, raw: pa.RecordBatch, column: str, rows: NDArray[np.int64]
    ) -> NDArray[np.int16]:
        return self._parse(raw, column, rows, self._index)

    def _index(self, cell: str) -> int:
        try:
            return self._schema.parse(cell)
        except Invalid:
            # "-1" is how the field's files write an abstention; a label of that name wins.
            if cell.strip().casefold() in ("-1", "-1.0", "abstain"):
                return ABSTAIN
            raise

    def _parse(
        self,
        raw: pa.RecordBatch,
        column: str,
        rows: NDArray[np.int64],
        parse: Callable[[str], int],
    ) -> NDArray[np.int16]:
        """Return the code of each cell, -1 for an empty one; a value is parsed once."""
        cells = pc.fill_null(pc.cast(raw.column(column), pa.string()), "")
        coded = pc.dictionary_encode(cells)
        indices = coded.indices.to_numpy(zero_copy_only=False)
        codes = []
        for position, value in enumerate(coded.dictionary.to_pylist()):
            try:
                codes.append(parse(value) if value.strip() else -1)
            except Invalid as error:
                where = self._rows.describe(int(rows[int(np.argmax(indices == position))]))
                raise BadFile(f"{where}, column {column!r}: {error}") from error
        return np.array(codes, np.int16)[indices] if codes else np.zeros(0, np.int16)

    def _check_lengths(self, text: pa.Array, rows: NDArray[np.int64]) -> None:
        lengths = pc.utf8_length(text).to_numpy(zero_copy_only=False)
        if len(lengths) and lengths.max() > MAX_TEXT_LENGTH:
            at = int(lengths.argmax())
            where = self._rows.describe(int(rows[at]))
            raise BadFile(
                f"The text in {where[:1].lower()}{where[1:]} has {lengths[at]:,} characters; at "
                f"most {MAX_TEXT_LENGTH:,} are allowed. Split it into several documents."
            )

    def _describe_skipped(self, rows: NDArray[np.int64]) -> tuple[str, ...]:
        if not len(rows):
            return ()
        if len(rows) == 1:
            return (f"{self._rows.describe(int(rows[0]))} has no text and was left out.",)
        listed = ", ".join(self._rows.short(int(row)) for row in rows[:_LISTED])
        more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
        units = f"{self._rows.unit.lower()}s"
        return (f"{len(rows)} {units} have no text and were left out: {listed}{more}.",)


class RowNames:
    """Numbers the rows of a file through all batches, and says which row is meant.

    In an archive a row is named by its file and its number in there.
    """

    def __init__(self, remarks: Remarks) -> None:
        self.unit = remarks.unit
        self._column = remarks.located_by
        self._n_rows = 0
        self._files: list[tuple[int, str]] = []

    def enter(self, raw: pa.RecordBatch) -> NDArray[np.int64]:
        """Take note of the next batch and return the numbers of its rows, counted from 1."""
        start = self._n_rows + 1
        self._n_rows += raw.num_rows
        if self._column:
            self._note_files(raw.column(self._column), start)
        return np.arange(start, start + raw.num_rows)

    def describe(self, row: int) -> str:
        """Return "Row 7", or "In 'b.csv', row 7"."""
        file, number = self._located(row)
        return f"In {file!r}, {self.unit.lower()} {number}" if file else f"{self.unit} {number}"

    def short(self, row: int) -> str:
        """Return "7", or "'b.csv' 7"."""
        file, number = self._located(row)
        return f"{file!r} {number}" if file else str(number)

    def _note_files(self, names: pa.Array, start: int) -> None:
        # Only the files of this batch can be asked for; the last one before may go on in it.
        self._files = self._files[-1:]
        for position, name in enumerate(names.to_pylist()):
            if not self._files or self._files[-1][1] != name:
                self._files.append((start + position, name))

    def _located(self, row: int) -> tuple[str, int]:
        before = [(first, name) for first, name in self._files if first <= row]
        first, name = before[-1] if before else (1, "")
        return name, row - first + 1


def _as_text(cells: pa.Array) -> pa.Array:
    text = pc.fill_null(pc.cast(cells, pa.large_string()), "")
    return pc.replace_substring(text, "\0", "\ufffd")


def _stored(cells: pa.Array) -> pa.Array:
    # PostgreSQL and C strings end at a NUL; nobody can see one, so it becomes visible.
    return pc.replace_substring(cells, "\0", "\ufffd") if pa.types.is_string(cells.type) else cells


def _metadata_names(columns: list[str]) -> Mapping[str, str]:
    """Return for each metadata column a name that none of ours has."""
    taken = {"external_id", "text"} | {c for c in columns if c not in ("external_id", "text")}
    names = {}
    for column in columns:
        name, number = column, 2
        while column in ("external_id", "text") and name in taken:
            name, number = f"{column}_{number}", number + 1
        taken.add(name)
        names[column] = name
    return names
