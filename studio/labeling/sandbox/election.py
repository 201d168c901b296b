"""One labeling function over one file of documents, restarted where it takes its process down."""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from studio.core.functions import Votes
from studio.core.jobs import Progress
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import Box
from studio.labeling.sandbox.finding import code, job_limits
from studio.labeling.sandbox.inside import votemap
from studio.labeling.sandbox.jobs import End, RunningJob
from studio.labeling.sandbox.tally import Tally

_POLL_SECONDS = 0.05
_ADD_SEALS, _SEALS = 1033, 1 | 2 | 4  # fcntl: no more seals, no shrinking, no growing


class Election:
    """Runs one labeling function until every document has voted or a limit ends it.

    Parameters
    ----------
    box
        Where it runs.
    source, name, labels
        The code, the function in it, and the label names.
    limits
        What it may use.
    progress
        Told the share of the documents that have voted.
    """

    def __init__(
        self,
        box: Box,
        source: str,
        name: str,
        *,
        labels: Sequence[str],
        limits: Limits,
        progress: Progress,
    ) -> None:
        self._box = box
        self._code = code(source, labels)
        self._name = name
        self._cardinality = len(labels)
        self._limits = limits
        self._progress = progress
        self._width = votemap.width(len(labels))

    def run(self, documents: Path, n_docs: int, tier: str) -> Votes:
        """Return the votes on all documents of an Arrow file of ``n_docs`` rows.

        Raises
        ------
        Canceled
            From ``progress``; the function is ended first.
        Unavailable
            If the box has ended.
        """
        size = max(1, n_docs) * self._width
        with _vote_memory(size) as (file, memory), _opened(documents) as corpus:
            tally = Tally(self._name, memory, n_docs, self._cardinality)
            self._deadline = time.monotonic() + self._limits.wall_seconds
            self._cpu_left = self._limits.cpu_for(n_docs)
            self._job = {
                "name": self._name,
                "n_docs": n_docs,
                "cardinality": self._cardinality,
                "n_bytes": size,
                "corpus_bytes": os.fstat(corpus).st_size,
            }
            self._run_all(tally, (corpus, file))
            return Votes(tally.votes(), tuple(tally.faults()), tier)

    def _run_all(self, tally: Tally, data: Sequence[int]) -> None:
        start = 0
        for attempt in range(self._limits.max_restarts + 1):
            end, why = self._attempt(tally, start, data)
            tally.read(end)
            self._cpu_left -= end.cpu_seconds
            reached = tally.position(start)
            if tally.is_over or reached == tally.n_docs:
                tally.close("" if tally.is_over else end.why)
                return
            tally.add_fatal(reached, why or end.why)
            start = reached + 1
            if why.startswith("it took too long in all") or self._cpu_left < 1:
                tally.close("it used up its time")
                return
            if start == tally.n_docs:
                return
            if attempt == self._limits.max_restarts:
                tally.close("it took its process down too often")

    def _attempt(self, tally: Tally, start: int, data: Sequence[int]) -> tuple[End, str]:
        """Run from a row on; return how it ended and why we ended it, if we did."""
        limits = job_limits(self._limits, self._cpu_left)
        job = {**self._job, "start": start, "limits": limits}
        with RunningJob(self._box, job, self._code, data) as running:
            patience = _Patience(self._limits, start)
            why = ""
            while True:
                end = running.wait(_POLL_SECONDS)
                if end is not None:
                    return end, why
                reached = tally.position(start)
                self._progress(reached / max(1, tally.n_docs), "")
                if not why:
                    why = self._why_end(running, patience, reached)
                if why:
                    running.kill()

    def _why_end(self, running: RunningJob, patience: _Patience, reached: int) -> str:
        if running.is_flooding:
            return "it sent too much output"
        if time.monotonic() > self._deadline:
            return "it took too long in all"
        if patience.is_over(reached):
            seconds = self._limits.document_seconds
            return f"one document took longer than {seconds:g} s and did not react to it"
        return ""


class _Patience:
    """The hard time limit: what the child's own clock could not end."""

    def __init__(self, limits: Limits, start: int) -> None:
        self._seconds = 2 * limits.document_seconds + 0.5
        self._load_seconds = limits.load_seconds + 0.5
        self._start = self._last = start
        self._since = time.monotonic()

    def is_over(self, reached: int) -> bool:
        now = time.monotonic()
        if reached != self._last:
            self._last, self._since = reached, now
        allowed = self._seconds
        if reached == self._start:
            allowed += self._load_seconds  # it may still be loading the code
        return now - self._since > allowed


@contextmanager
def _vote_memory(size: int) -> Iterator[tuple[int, mmap.mmap]]:
    """Open new memory that both sides map; sealed, so that the child cannot shrink it under us."""
    file = os.memfd_create("votes", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(file, size)
        fcntl.fcntl(file, _ADD_SEALS, _SEALS)
        with mmap.mmap(file, size) as memory:
            yield file, memory
    finally:
        os.close(file)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield file
    finally:
        os.close(file)
