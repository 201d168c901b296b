"""Counting the votes of one function, and what it says of its failures."""

from __future__ import annotations

from dataclasses import replace
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import Fault
from studio.core.schema import ABSTAIN
from studio.labeling.sandbox.inside import votemap
from studio.labeling.sandbox.jobs import End
from studio.labeling.sandbox.reading import clean, items, messages, whole

_MAX_LINE = 10**6
_MAX_FAULTS = 100

_Kind = tuple[str, int | None]


class Tally:
    """The votes in shared memory and the faults so far.

    How many documents failed is counted in the memory; the child only says how, and is believed
    no further than the count goes.
    """

    def __init__(self, name: str, memory: mmap, n_docs: int, cardinality: int) -> None:
        self.n_docs = n_docs
        self.is_over = False
        self._name = name
        self._memory = memory
        self._width = votemap.width(cardinality)
        self._last_code = cardinality - 1 + votemap.OFFSET
        self._kinds: dict[_Kind, Fault] = {}
        self._whole: list[Fault] = []
        self._fatal: list[Fault] = []

    def position(self, start: int) -> int:
        """Return the first row from ``start`` on that has not run; ``n_docs`` if all have."""
        return votemap.first_not_run(self._memory, self._width, start, self.n_docs)

    def read(self, end: End) -> None:
        """Take the report of one process: faults, counts, whether it is through."""
        seen: dict[_Kind, Fault] = {}
        is_done = False
        for message in messages(end.report):
            if "load" in message:
                self._add_load(items(message, "load", 3))
            elif "fault" in message:
                self._add_fault(seen, items(message, "fault", 4))
            elif isinstance(message.get("counts"), list):
                self._add_counts(seen, message["counts"])
            elif "stopped" in message:
                self._add_rest(clean(message["stopped"]))
            is_done = is_done or message.get("done") is True
        self.is_over = self.is_over or (is_done and end.code == 0)
        for kind, fault in seen.items():
            known = self._kinds.get(kind)
            count = fault.count + (known.count if known else 0)
            self._kinds[kind] = replace(known or fault, count=count)

    def add_fatal(self, row: int, why: str) -> None:
        """Note the document during which the process ended; it abstains."""
        offset = row * self._width
        self._memory[offset : offset + self._width] = b"\xff" * self._width
        self._fatal.append(Fault(self._name, "Killed", _sentence(why), None, row))

    def close(self, why: str) -> None:
        """End the run; documents that were not reached are a fault that says why."""
        self.is_over = True
        if why and not any(fault.exception == "NotRun" for fault in self._whole):
            self._add_rest(_sentence(why))

    def votes(self) -> NDArray[np.int16]:
        """Return int16 ``[n_docs]``; whatever is not a vote abstains."""
        codes = self._codes().astype(np.int32)
        is_vote = (codes >= votemap.OFFSET) & (codes <= self._last_code)
        return np.where(is_vote, codes - votemap.OFFSET, ABSTAIN).astype(np.int16)

    def faults(self) -> list[Fault]:
        """Return all faults; their counts add up to the documents that failed or did not run."""
        codes = self._codes()
        failed = int((codes > self._last_code).sum()) - len(self._fatal)
        kept: list[Fault] = []
        for fault in self._kinds.values():
            count = min(fault.count, failed)
            failed -= count
            if count:
                kept.append(replace(fault, count=count))
        if failed and kept:
            # A process that was killed had no time to say its counts: the last kind it
            # reported is the best guess.
            kept[-1] = replace(kept[-1], count=kept[-1].count + failed)
        elif failed:
            first = int(np.argmax(codes > self._last_code))
            kept.append(Fault(self._name, "InvalidVote", "It is no label.", None, first, failed))
        return [*self._whole, *kept, *self._fatal]

    def _codes(self) -> NDArray[np.uint16]:
        # Copied first, checked afterwards: the child might still be writing.
        kind = np.dtype("<u1" if self._width == 1 else "<u2")
        data = self._memory[: self.n_docs * self._width]
        return (
            np.frombuffer(data, kind).astype(np.uint16) if self.n_docs else np.zeros(0, np.uint16)
        )

    def _add_load(self, found: list[object] | None) -> None:
        name, message, line = found or ["", "", None]
        self.is_over = True
        self._whole.append(
            Fault(
                self._name,
                clean(name, 80) or "Error",
                clean(message),
                whole(line, 1, _MAX_LINE),
            )
        )

    def _add_fault(self, seen: dict[_Kind, Fault], found: list[object] | None) -> None:
        if found is None or len(seen) >= _MAX_FAULTS:
            return
        name, message, line, row = found
        kind = (clean(name, 80) or "Error", whole(line, 1, _MAX_LINE))
        where = whole(row, 0, self.n_docs)
        seen.setdefault(kind, Fault(self._name, kind[0], clean(message), kind[1], where))

    def _add_counts(self, seen: dict[_Kind, Fault], counts: list[object]) -> None:
        for entry in counts[:_MAX_FAULTS]:
            if not isinstance(entry, list) or len(entry) != 3:
                continue
            kind = (clean(entry[0], 80) or "Error", whole(entry[1], 1, _MAX_LINE))
            count = whole(entry[2], 1, self.n_docs + 1)
            if kind in seen and count is not None:
                seen[kind] = replace(seen[kind], count=count)

    def _add_rest(self, why: str) -> None:
        first = self.position(0)
        rest = int((self._codes() == votemap.NOT_RUN).sum())
        if rest:
            message = f"{rest} documents were not reached. {why}"
            self._whole.append(Fault(self._name, "NotRun", message, None, first, rest))


def _sentence(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}."
