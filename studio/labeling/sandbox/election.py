"""One labeling function over files of documents, restarted where it takes its process down."""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from studio.core.functions import Votes
from studio.core.jobs import Progress
from studio.core.lexicons import Lexicon
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import Box
from studio.labeling.sandbox.finding import code, job_limits
from studio.labeling.sandbox.inside.votemap import Section, width
from studio.labeling.sandbox.jobs import MAX_FILES, End, RunningJob
from studio.labeling.sandbox.reading import clean, items, whole
from studio.labeling.sandbox.tally import Tally, sentence

_POLL_SECONDS = 0.05
_ALL = "the documents together"
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
    lexicons
        What the code can import from the module ``lexicons``, by name.
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
        lexicons: Mapping[str, Lexicon] | None = None,
    ) -> None:
        self._box = box
        self._code = code(source, labels, lexicons or {})
        self._name = name
        self._cardinality = len(labels)
        self._limits = limits
        self._progress = progress

    def run(self, documents: Path, n_docs: int, tier: str) -> Votes:
        """Return the votes on all documents of an Arrow file of ``n_docs`` rows.

        Raises
        ------
        Canceled
            From ``progress``; the function is ended first.
        Unavailable
            If the box has ended.
        """
        (votes,) = self.run_all([documents], [n_docs], tier)
        return votes

    def run_all(
        self, documents: Sequence[Path], sizes: Sequence[int], tier: str
    ) -> Iterator[Votes]:
        """Iterate over the votes on each of some Arrow files, as soon as each is finished.

        One process does them all. If it is given up, the files that it did not reach abstain,
        and a fault says why.

        Parameters
        ----------
        documents
            At most eight files.
        sizes
            Their rows.
        tier
            Name of the sandbox, kept with the votes.

        Raises
        ------
        Canceled
            From ``progress``; the function is ended first.
        Unavailable
            If the box has ended.
        """
        assert len(documents) <= MAX_FILES, "the caller cuts the work into jobs"
        code_width = width(self._cardinality)
        size = max(1, sum(sizes)) * code_width
        with ExitStack() as opened:
            file, memory = opened.enter_context(_vote_memory(size))
            corpora = [opened.enter_context(_opened(path)) for path in documents]
            self._tallies = [
                Tally(
                    self._name, Section(memory, sum(sizes[:i]), n, code_width), self._cardinality
                )
                for i, n in enumerate(sizes)
            ]
            self._begin(sum(sizes))
            job = {
                "name": self._name,
                "sizes": list(sizes),
                "cardinality": self._cardinality,
                "n_bytes": size,
                "corpus_bytes": sum(os.fstat(corpus).st_size for corpus in corpora),
            }
            for tally in self._run(job, [file, *corpora]):
                yield tally.result(tier)

    def _begin(self, n_docs: int) -> None:
        self._deadline = time.monotonic() + self._limits.wall_seconds
        self._cpu_left = self._limits.cpu_for(n_docs)
        self._total = max(1, n_docs)
        # Where it stands: all before this file, and before this row of it, is over.
        self._part = self._row = self._restarts = 0
        # What the child has said.
        self._reported: set[int] = set()
        self._load: list[Any] | None = None
        self._stopped = ""
        self._is_done = False

    def _run(self, job: Mapping[str, Any], data: Sequence[int]) -> Iterator[Tally]:
        """Iterate over the tallies, each when it is over."""
        while self._part < len(self._tallies):
            limits = job_limits(self._limits, self._cpu_left)
            now = {**job, "start": [self._part, self._row], "limits": limits}
            with RunningJob(self._box, now, self._code, data) as running:
                end = yield from self._follow(running)
            if self._part < len(self._tallies) and end is not None:
                self._cpu_left -= end.cpu_seconds
                yield from self._after(end)

    def _follow(self, running: RunningJob) -> Generator[Tally, None, End | None]:
        """Watch a process until it ends, or until there is nothing left for it to do."""
        patience = _Patience(self._limits, self._reached())
        self._why = ""
        while True:
            end = running.wait(_POLL_SECONDS)
            for message in running.news():
                self._hear(message)
            while self._is_finished():
                yield self._next()
            if end is not None or self._part == len(self._tallies):
                return end
            reached = self._reached()
            self._progress(reached / self._total, "")
            self._why = self._why or self._why_end(running, patience, reached)
            if self._why:
                running.kill()

    def _hear(self, message: dict[str, Any]) -> None:
        """Take one message of the child; nothing of it is trusted."""
        fault, part = items(message, "fault", 5), items(message, "part", 3)
        about = whole((fault or part or [None])[0], 0, len(self._tallies))
        if about is not None and fault:
            self._tallies[about].add_fault(fault[1:])
        elif about is not None and part:
            self._reported.add(about)
            self._tallies[about].add_counts(part[1], part[2])
        if "load" in message:
            self._load = items(message, "load", 3) or ["", "", None]
        if "stopped" in message:
            self._stopped = sentence(clean(message["stopped"]).rstrip("."))
        self._is_done = self._is_done or message.get("done") is True

    def _after(self, end: End) -> Iterator[Tally]:
        """Decide how to go on after a process that did not do all."""
        tally = self._tallies[self._part]
        if self._load is not None:
            for left in self._tallies[self._part :]:
                left.add_load(self._load)
            yield from self._give_up("")
        elif self._is_done and end.code == 0:
            yield from self._give_up(self._stopped or sentence(end.why))
        elif (reached := tally.position(self._row)) == tally.n_docs:
            yield self._next()
        else:
            tally.add_fatal(reached, self._why or end.why)
            self._row, self._restarts = reached + 1, self._restarts + 1
            if self._why.startswith(_ALL) or self._cpu_left < 1:
                yield from self._give_up("It used up its time.")
            elif self._row == tally.n_docs:
                yield self._next()
            elif self._restarts > self._limits.max_restarts:
                yield from self._give_up("It took its process down too often.")

    def _give_up(self, why: str) -> Iterator[Tally]:
        for tally in self._tallies[self._part :]:
            tally.close(why)
            yield self._next()

    def _next(self) -> Tally:
        """Go to the next file; return what was counted on this one."""
        tally = self._tallies[self._part]
        self._part, self._row, self._restarts = self._part + 1, 0, 0
        return tally

    def _is_finished(self) -> bool:
        if self._part == len(self._tallies) or self._part not in self._reported:
            return False
        tally = self._tallies[self._part]
        return tally.position(self._row) == tally.n_docs

    def _reached(self) -> int:
        """Return how many documents are over."""
        before = sum(tally.n_docs for tally in self._tallies[: self._part])
        return before + self._tallies[self._part].position(self._row)

    def _why_end(self, running: RunningJob, patience: _Patience, reached: int) -> str:
        if running.is_flooding:
            return "it sent too much output"
        if time.monotonic() > self._deadline:
            return f"{_ALL} took too long"
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
