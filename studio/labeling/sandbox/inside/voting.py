"""One labeling function over the documents, one by one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from mmap import mmap
from typing import Any

import numpy as np
import pyarrow as pa

from .faults import DocumentTimeout, Faults
from .module import Found
from .records import lazy_records, plain_records
from .votemap import OFFSET, failed, first_not_run, width
from .watch import Watch

Send = Callable[[Mapping[str, Any]], None]

_MAX_DETAILS = 50
_COSTLY = ("TimeoutError", "MemoryError")


class Stopped(BaseException):
    """The function failed in a costly way too often; the rest is not run."""


class Voting:
    """Writes the votes of one function into the shared memory and reports what failed."""

    def __init__(self, memory: mmap, job: Mapping[str, Any], faults: Faults, send: Send) -> None:
        self._cardinality: int = job["cardinality"]
        self._n_docs: int = job["n_docs"]
        self._limits: Mapping[str, Any] = job["limits"]
        self._faults = faults
        self._send = send
        self._memory = memory
        self._width = width(self._cardinality)
        self._failed = failed(self._width)
        self._codes = memoryview(memory).cast("B" if self._width == 1 else "H")
        self._reached: int = job["start"]

    def run(self, found: Found, documents: pa.ipc.RecordBatchFileReader) -> None:
        """Ask the function about every document from the start row on."""
        start, first = self._reached, 0
        watch = Watch(self._position)
        watch.start(self._limits["document_seconds"])
        try:
            for number in range(documents.num_record_batches):
                batch = documents.get_batch(number)
                skipped = min(batch.num_rows, max(0, start - first))
                self._run_batch(found, batch.slice(skipped), first + skipped)
                first += batch.num_rows
                found.forget()
        except Stopped:
            pass
        finally:
            watch.stop()

    def _run_batch(self, found: Found, batch: pa.RecordBatch, first: int) -> None:
        records = plain_records(batch) if found.needs_copy else lazy_records(batch)
        call, codes, cardinality = found.call, self._codes, self._cardinality
        row, is_over = first - 1, False
        while not is_over:
            try:
                for record in records:
                    row += 1
                    vote = call(record)
                    if type(vote) is not int or not -1 <= vote < cardinality:
                        vote = self._accept(vote)
                    codes[row] = vote + OFFSET
                is_over = True
            except Stopped:
                raise
            except BaseException as error:  # noqa: BLE001 - user code: the document abstains
                self._fail(row, error)

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
        total = self._faults.count(name, line)
        if total == 1 and len(self._faults.counts) <= _MAX_DETAILS:
            self._send({"fault": [name, message, line, row]})
        if name in _COSTLY and total >= self._limits["max_timeouts"]:
            self._send({"stopped": f"{total} documents ended in {name}."})
            raise Stopped

    def _position(self) -> int:
        self._reached = first_not_run(self._memory, self._width, self._reached, self._n_docs)
        return self._reached
