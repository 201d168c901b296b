"""Answers of several workers to each document: collected in small numbers, given as votes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.core.errors import BadFile
from studio.core.functions import MAX_NAME_LENGTH

MAX_WORKERS: Final = 1000
_INPUT: Final = "Input."
_SHORT: Final = 40
_LISTED: Final = 10


@dataclass(frozen=True)
class Layout:
    """Which column of a file of answers is what; ``status`` tells rejected answers, if any."""

    document: str
    worker: str
    answer: str
    status: str | None = None
    is_mturk: bool = False


class Answers:
    """Collects who said what of which document; texts are not kept.

    Documents are numbered in the order of their first answers. Call :meth:`add` with every
    batch, then :meth:`close`, then the rest.

    Parameters
    ----------
    layout
        Which column is what.
    names
        All columns of the file.
    """

    def __init__(self, layout: Layout, names: Sequence[str]) -> None:
        self._layout = layout
        own = (layout.document, layout.worker, layout.answer, layout.status)
        self._others = [
            name
            for name in names
            if name not in own and (not layout.is_mturk or name.startswith(_INPUT))
        ]
        self._left_out = [n for n in names if layout.is_mturk and n not in (*own, *self._others)]
        self._hashes = {name: array("q") for name in self._others}
        self._differ: set[str] = set()
        self._documents: dict[str | bytes, int] = {}
        self._first_rows = array("q")
        self._workers: dict[str, int] = {}
        self._labels: dict[str, int] = {}
        self._said = (array("l"), array("l"), array("l"))
        self._counts = {"rows": 0, "rejected": 0, "unanswered": 0, "repeated": 0}

    @property
    def n_documents(self) -> int:
        """Number of distinct documents."""
        return len(self._first_rows)

    @property
    def n_answers(self) -> int:
        """Number of rows."""
        return self._counts["rows"]

    def add(self, batch: pa.RecordBatch) -> None:
        """Take note of the next answers.

        Raises
        ------
        BadFile
            If an answer names no document or no worker, or there are too many workers.
        """
        layout = self._layout
        keys = _words(batch, layout.document)
        workers = _words(batch, layout.worker)
        answers = _words(batch, layout.answer)
        status = _words(batch, layout.status) if layout.status else [""] * batch.num_rows
        others = {name: _words(batch, name) for name in self._others}
        for row in range(batch.num_rows):
            document, is_new = self._document(keys[row])
            for name, cells in others.items():
                self._compare(name, hash(cells[row]), document, is_new)
            self._answer(document, workers[row], answers[row], status[row])
            self._counts["rows"] += 1

    def close(self) -> None:
        """Put the answers in the order of their documents, the later one of a worker last."""
        documents, workers, labels = (np.array(column, np.int64) for column in self._said)
        order = np.argsort(documents, kind="stable")
        self._by_document = documents[order], workers[order], labels[order]
        pairs = documents * max(1, len(self._workers)) + workers
        self._counts["repeated"] = len(pairs) - len(np.unique(pairs))

    def workers(self) -> tuple[str, ...]:
        """Return the names of the workers as labeling functions have them: ``worker_NAME``."""
        names: dict[str, None] = {}
        for worker in self._workers:
            shown = "".join(c if c.isprintable() else "_" for c in worker)
            name = base = f"worker_{shown}"[: MAX_NAME_LENGTH - 8]
            number = 2
            while name in names:
                name, number = f"{base}_{number}", number + 1
            names[name] = None
        return tuple(names)

    def kept_columns(self) -> list[tuple[str, str]]:
        """Return the columns that say one thing of a document, with the names they get."""
        kept = [name for name in self._others if name not in self._differ]
        plain = {name: name.removeprefix(_INPUT) for name in kept} if self._layout.is_mturk else {}
        return [(self._layout.document,) * 2, *((name, plain.get(name, name)) for name in kept)]

    def documents(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        """Iterate over the first rows of documents, with the numbers of these documents.

        Parameters
        ----------
        batches
            The file once more.
        """
        first_rows = np.array(self._first_rows, np.int64)
        start = 0
        for batch in batches:
            first, last = np.searchsorted(first_rows, [start, start + batch.num_rows])
            if last > first:
                yield batch.take(pa.array(first_rows[first:last] - start)), int(first), int(last)
            start += batch.num_rows

    def votes(self, first: int, last: int) -> list[pa.Array]:
        """Return what each worker said of documents ``first`` to ``last - 1``; null: nothing."""
        documents, workers, labels = self._by_document
        begin, end = np.searchsorted(documents, [first, last])
        said: NDArray[np.int64] = np.full((len(self._workers), last - first), -1)
        # Of several answers of one worker the last assignment stays.
        said[workers[begin:end], documents[begin:end] - first] = labels[begin:end]
        words = pa.array(list(self._labels), pa.string())
        return [pc.take(words, pa.array(column, mask=column < 0)) for column in said]

    def notes(self) -> Iterator[str]:
        """Iterate over sentences on what was left out."""
        n = self._counts
        if n["repeated"]:
            yield f"Answers that a worker gave again: {n['repeated']:,}. The last one counts."
        if n["unanswered"]:
            yield f"Rows without an answer, which give no vote: {n['unanswered']:,}."
        if n["rejected"]:
            yield f"Rejected answers, which give no vote: {n['rejected']:,}."
        if self._differ:
            names = sorted(self._differ)
            yield f"Left out, since answers to one document differ there: {_listed(names)}."
        if self._left_out:
            yield f"Left out, since they describe the task: {_listed(self._left_out)}."

    def _document(self, key: str) -> tuple[int, bool]:
        if not key.strip():
            raise self._missing("document", self._layout.document)
        # Texts may be long, and only their equality counts.
        short = key if len(key) <= _SHORT else blake2b(key.encode(), digest_size=16).digest()
        number = self._documents.setdefault(short, len(self._documents))
        is_new = number == len(self._first_rows)
        if is_new:
            self._first_rows.append(self._counts["rows"])
        return number, is_new

    def _compare(self, name: str, value: int, document: int, is_new: bool) -> None:
        if is_new:
            self._hashes[name].append(value)
        elif self._hashes[name][document] != value:
            self._differ.add(name)

    def _answer(self, document: int, worker: str, answer: str, status: str) -> None:
        if not worker.strip():
            raise self._missing("worker", self._layout.worker)
        label = answer_of(answer)
        if status.strip().casefold() == "rejected":
            self._counts["rejected"] += 1
        elif not label:
            self._counts["unanswered"] += 1
        else:
            by = self._workers.setdefault(worker.strip(), len(self._workers))
            if by >= MAX_WORKERS:
                raise BadFile(
                    f"The answers come from more than {MAX_WORKERS:,} workers, and each becomes "
                    "a labeling function. Leave out workers with few answers."
                )
            for column, value in zip(
                self._said,
                (document, by, self._labels.setdefault(label, len(self._labels))),
                strict=True,
            ):
                column.append(value)

    def _missing(self, what: str, column: str) -> BadFile:
        return BadFile(
            f"Row {self._counts['rows'] + 1} names no {what} in the column {column[:60]!r}. "
            "Each row must be an answer; correct it, or choose another column."
        )


def answer_of(cell: str) -> str:
    """Return the label that an answer names; JSON of a task's form is looked through for it."""
    text = cell.strip()
    if not text.startswith(("{", "[")):
        return text
    try:
        found = _leaf(json.loads(text))
    except (ValueError, RecursionError):
        return text
    return text if found is None else found


def cells_of(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column as text."""
    return pc.cast(batch.column(name), pa.string())


def _words(batch: pa.RecordBatch, name: str) -> list[str]:
    found: list[str] = pc.fill_null(cells_of(batch, name), "").to_pylist()
    return found


def _leaf(value: Any) -> str | None:
    """Return the one choice in the answer of a form: a text, or the key that is true."""
    if isinstance(value, list) and len(value) == 1:
        return _leaf(value[0])
    if isinstance(value, dict):
        true = [key for key, chosen in value.items() if chosen is True]
        if len(true) == 1:
            return str(true[0])
        if "label" in value or len(value) == 1:
            return _leaf(value.get("label", next(iter(value.values()))))
    return value if isinstance(value, str) else None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:_LISTED])
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown
