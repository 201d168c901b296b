"""One labeling function over one file of documents, one by one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from .faults import DocumentTimeout, Faults
from .module import Found
from .records import Records, plain_records
from .votemap import OFFSET, Section
from .watch import Watch

Send = Callable[[Mapping[str, Any]], None]

_MAX_DETAILS = 50
_MAX_KINDS = 100
_FIRST_ROWS = 64
_COSTLY = ("TimeoutError", "MemoryError")


class Stopped(BaseException):
    """The function failed in a costly way too often; the rest is not run."""


class Voting:
    """Writes the votes of one function into the shared memory and reports what failed.

    Parameters
    ----------
    part
        Number of the file among those of the job.
    section
        Where the votes on this file go.
    job
        ``cardinality`` and ``limits``.
    faults
        Counts of this file.
    send
        Takes messages for the parent.
    """

    def __init__(
        self, part: int, section: Section, *, job: Mapping[str, Any], faults: Faults, send: Send
    ) -> None:
        self.is_stopped = False
        self._part = part
        self._section = section
        self._cardinality: int = job["cardinality"]
        self._limits: Mapping[str, Any] = job["limits"]
        self._faults = faults
        self._send = send
        self._failed = section.failed
        self._codes = section.codes
        self._reached = 0

    def run(
        self,
        found: Found,
        documents: pa.ipc.RecordBatchFileReader,
        *,
        start: int,
        records: Records,
    ) -> None:
        """Ask the function about every document from the start row on."""
        self._reached = start
        watch = Watch(self._position)
        watch.start(self._limits["document_seconds"])
        try:
            watch.is_paused = True
            row = start
            for batch in _batches(documents, start):
                for seen in plain_records(batch) if found.needs_copy else records.of(batch):
                    watch.is_paused = False
                    row = self._run_records(found.call, seen, row)
                    watch.is_paused = True
                found.forget()
        except Stopped:
            self.is_stopped = True
        finally:
            watch.stop()
        counts = [[*kind, n, self._faults.rows[kind]] for kind, n in self._faults.counts.items()]
        self._send({"part": [self._part, counts[:_MAX_KINDS], watch.slowest]})

    def _run_records(self, call: Callable[[Any], Any], records: Iterable[Any], first: int) -> int:
        """Ask the function about some documents; return the row after them."""
        codes, cardinality = self._codes, self._cardinality
        numbered = enumerate(records, first)
        row, is_over = first - 1, False
        while not is_over:
            try:
                for row, record in numbered:  # noqa: B007 - the row is what fails below
                    vote = call(record)
                    if type(vote) is not int or not -1 <= vote < cardinality:
                        vote = self._accept(vote)
                    codes[row] = vote + OFFSET
                is_over = True
            except Stopped:
                raise
            except BaseException as error:  # noqa: BLE001 - user code: the document abstains
                self._fail(row, error)
        return row + 1

    def _accept(self, vote: Any) -> int:
        """Return an unusual answer as a vote if it is an integer in range.

        Snorkel takes True for 1 and 1.7 for 1; here such an answer is a fault, because it is
        nearly always a slip.
        """
        kind = type(vote)
        if not issubclass(kind, (int, np.integer)) or kind is bool:
            name = "None" if vote is None else f"a {type.__dict__['__name__'].__get__(kind)[:60]}"
            raise TypeError(f"It returned {name}; return a label or ABSTAIN.")
        number = int.__index__(vote) if issubclass(kind, int) else operator.index(vote)
        if not -1 <= number < self._cardinality:
            shown = number if abs(number) < 10**9 else "a huge number"
            raise ValueError(
                f"It returned {shown}; a vote is 0 to {self._cardinality - 1}, or -1 to abstain."
            )
        return number

    def _fail(self, row: int, error: BaseException) -> None:
        self._codes[row] = self._failed
        if type(error) is DocumentTimeout:
            seconds = self._limits["document_seconds"]
            name, message = "TimeoutError", f"One document took longer than {seconds:g} s."
            line = self._faults.describe(error)[2]
        else:
            name, message, line = self._faults.describe(error)
        total = self._faults.count(name, line, row)
        if total == 1 and len(self._faults.counts) <= _MAX_DETAILS:
            self._send({"fault": [self._part, name, message, line, row]})
        if name in _COSTLY and total >= self._limits["max_timeouts"]:
            self._send({"stopped": f"{total} documents ended in {name}."})
            raise Stopped

    def _position(self) -> int:
        self._reached = self._section.position(self._reached)
        return self._reached


def _batches(documents: pa.ipc.RecordBatchFileReader, start: int) -> Iterator[pa.RecordBatch]:
    """Iterate over record batches from a row on.

    The first one is short: from it the records learn which columns the function reads.
    """
    first, short = 0, _FIRST_ROWS
    for number in range(documents.num_record_batches):
        batch = documents.get_batch(number)
        rest = batch.slice(min(batch.num_rows, max(0, start - first)))
        first += batch.num_rows
        for part in (rest.slice(0, short), rest.slice(short)):
            if part.num_rows:
                short = 0
                yield part
