"""Counting the votes of one function on one file, and what it says of its failures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import Fault, Votes
from studio.core.schema import ABSTAIN
from studio.labeling.sandbox.inside.votemap import NOT_RUN, OFFSET, Section
from studio.labeling.sandbox.reading import clean, items, whole

_MAX_LINE = 10**6
_MAX_FAULTS = 100
_MAX_SECONDS = 10**6
_SHOWN = 3
_SLOWEST = 5

_Kind = tuple[str, int | None]


class Tally:
    """The votes in shared memory and the faults so far.

    How many documents failed is counted in the memory; the child only says how, and is believed
    no further than the count goes.
    """

    def __init__(self, name: str, section: Section, cardinality: int) -> None:
        self.n_docs = section.n_docs
        self.is_over = False
        self._name = name
        self._section = section
        self._last_code = cardinality - 1 + OFFSET
        self._seen: dict[_Kind, Fault] = {}
        self._counts: dict[_Kind, int] = {}
        self._whole: list[Fault] = []
        self._fatal: list[Fault] = []
        self._slowest: list[tuple[int, float]] = []

    def position(self, start: int) -> int:
        """Return the first row from ``start`` on that has not run; ``n_docs`` if all have."""
        return self._section.position(start)

    def add_fault(self, found: list[Any]) -> None:
        """Note the first failure of a kind: exception, message, line, row, as the child says."""
        if len(self._seen) >= _MAX_FAULTS:
            return
        name, message, line, row = found
        kind = (clean(name, 80) or "Error", whole(line, 1, _MAX_LINE))
        where = whole(row, 0, self.n_docs)
        fault = Fault(self._name, kind[0], clean(message), kind[1], where)
        self._seen.setdefault(kind, fault)

    def add_counts(self, counts: object, slowest: object) -> None:
        """Note how often each kind failed, and which documents were slow, as the child says."""
        for entry in _lists(counts, 4)[:_MAX_FAULTS]:
            kind = (clean(entry[0], 80) or "Error", whole(entry[1], 1, _MAX_LINE))
            count = whole(entry[2], 1, self.n_docs + 1)
            if kind in self._seen and count is not None:
                self._counts[kind] = self._counts.get(kind, 0) + count
                self._add_rows(kind, entry[3])
        for row, seconds in _lists(slowest, 2)[:_SLOWEST]:
            where = whole(row, 0, self.n_docs)
            if where is not None and type(seconds) is float and 0 < seconds < _MAX_SECONDS:
                self._slowest.append((where, seconds))

    def add_load(self, found: list[Any] | None) -> None:
        """Note that the code did not load: exception, message, line, as the child says."""
        name, message, line = found or ["", "", None]
        self.is_over = True
        where = whole(line, 1, _MAX_LINE)
        self._whole.append(Fault(self._name, clean(name, 80) or "Error", clean(message), where))

    def add_fatal(self, row: int, why: str) -> None:
        """Note the document during which the process ended; it abstains."""
        self._section.fail(row)
        self._fatal.append(Fault(self._name, "Killed", sentence(why), None, row, 1, (row,)))

    def close(self, why: str) -> None:
        """End the run; documents that were not reached are a fault that says why, a sentence."""
        self.is_over = True
        first = self.position(0)
        rest = int((self._codes() == NOT_RUN).sum())
        if why and rest:
            message = f"{rest} documents were not reached. {why}"
            self._whole.append(Fault(self._name, "NotRun", message, None, first, rest))

    def result(self, tier: str) -> Votes:
        """Return the votes, int16 ``[n_docs]``; whatever is not a vote abstains."""
        codes = self._codes().astype(np.int32)
        is_vote = (codes >= OFFSET) & (codes <= self._last_code)
        votes = np.where(is_vote, codes - OFFSET, ABSTAIN).astype(np.int16)
        slowest = sorted(dict(self._slowest).items(), key=lambda found: (-found[1], found[0]))
        return Votes(votes, tuple(self._faults(codes)), tier, tuple(slowest[:_SLOWEST]))

    def _faults(self, codes: NDArray[np.int32]) -> list[Fault]:
        """Return all faults; their counts add up to the documents that failed or did not run."""
        failed = int((codes > self._last_code).sum()) - len(self._fatal)
        kept: list[Fault] = []
        for kind, fault in self._seen.items():
            count = min(self._counts.get(kind, 1), failed)
            failed -= count
            if count:
                kept.append(replace(fault, count=count, doc_ids=_rows_of(fault)))
        if failed and kept:
            # A process that was killed had no time to say its counts: the last kind it
            # reported is the best guess.
            kept[-1] = replace(kept[-1], count=kept[-1].count + failed)
        elif failed:
            rows = np.flatnonzero(codes > self._last_code)[:_SHOWN].tolist()
            message = "It is no label."
            fault = Fault(self._name, "InvalidVote", message, None, rows[0], failed, tuple(rows))
            kept.append(fault)
        return [*self._whole, *kept, *self._fatal]

    def _add_rows(self, kind: _Kind, rows: object) -> None:
        said = rows if isinstance(rows, list) else []
        known = self._seen[kind]
        found = [row for row in said[:_SHOWN] if whole(row, 0, self.n_docs) is not None]
        every = sorted({*_rows_of(known), *found})[:_SHOWN]
        self._seen[kind] = replace(known, doc_ids=tuple(every))

    def _codes(self) -> NDArray[np.uint16]:
        # Copied first, checked afterwards: the child might still be writing.
        kind = np.dtype("<u1" if self._section.width == 1 else "<u2")
        return np.frombuffer(self._section.copy(), kind).astype(np.uint16)


def sentence(why: str) -> str:
    """Return half a sentence as a whole one."""
    return f"{why[:1].upper()}{why[1:]}."


def _rows_of(fault: Fault) -> tuple[int, ...]:
    if fault.doc_ids or fault.doc_id is None:
        return fault.doc_ids
    return (fault.doc_id,)


def _lists(value: object, length: int) -> list[list[Any]]:
    """Return the lists of a given length in a list; whatever is none is left out."""
    found = value if isinstance(value, list) else []
    return [entry for entry in found if items({"": entry}, "", length) is not None]
