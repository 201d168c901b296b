"""Do one job: from its row to its end, whatever the handler does."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.core.errors import (
    Canceled,
    Conflict,
    FailureCategory,
    RunFailed,
    StudioError,
    Unavailable,
)
from studio.core.jobs import Job, JobState, Progress, no_progress
from studio.jobs.handlers import handler_of
from studio.storage.store import Store

HEARTBEAT = 5.0
"""Seconds between two signs of life of a worker and of each job it does."""

SILENT = timedelta(seconds=60)
"""How long an executor may be silent before others take over its jobs."""

REPORT_EVERY = 0.2
"""Seconds between two reports that are stored; a handler may report far more often."""

_log = logging.getLogger(__name__)


class WorkerStopping(BaseException):
    """The worker is asked to leave: the handler unwinds, the job stays running and is resumed.

    Not an ``Exception``, so that no handler takes it for a failure of its own.
    """


class Reporter:
    """The progress of one job (:class:`studio.core.jobs.Progress`).

    A request to stop is delivered once, as ``Canceled``. A handler that catches it goes on to an
    end of its own: a training keeps its best checkpoint.
    """

    def __init__(
        self, store: Store, job: Job, leaving: threading.Event, also: Progress = no_progress
    ) -> None:
        self._store = store
        self._also = also
        self._job_id = job.job_id
        self._leaving = leaving
        self._fraction = job.progress
        self._message = job.message
        self._stored_at = 0.0
        self._asked = False
        self._delivered = False
        self._lock = threading.Lock()

    def __call__(self, fraction: float, message: str = "") -> None:
        """Report ``fraction`` in ``[0, 1]`` done.

        Raises
        ------
        Canceled
            Once, if somebody asked the job to stop.
        WorkerStopping
            If the worker is asked to leave.
        """
        if self._leaving.is_set():
            raise WorkerStopping
        with self._lock:
            self._fraction = max(self._fraction, min(1.0, fraction))
            self._message = message
        self._also(self._fraction, message)
        now = time.monotonic()
        if now - self._stored_at >= REPORT_EVERY or fraction >= 1.0:
            self.store()
        if self._asked and not self._delivered:
            self._delivered = True
            raise Canceled

    def store(self) -> None:
        """Write the last report down as a sign of life, and learn of a request to stop."""
        with self._lock:
            self._stored_at = time.monotonic()
            asked = self._store.jobs.beat(self._job_id, self._fraction, self._message)
            self._asked = self._asked or asked


class Runner:
    """Does jobs for one executor, several at a time if it is called from several threads."""

    def __init__(self, store: Store, executor_id: str) -> None:
        self.store = store
        self.executor_id = executor_id
        self.leaving = threading.Event()
        self._active: dict[int, Reporter] = {}

    @property
    def active(self) -> tuple[int, ...]:
        """Ids of the jobs being done now."""
        return tuple(self._active)

    def perform(self, job_id: int, also: Progress = no_progress) -> None:
        """Do a job to one of its ends and store which; a finished job stays as it is.

        Parameters
        ----------
        also
            Who else wants to hear of the progress.

        Raises
        ------
        Conflict
            If another living executor is doing it.
        WorkerStopping
            If the worker leaves before the end; the job is still running then, for its next
            worker to do again.
        """
        if self.leaving.is_set():
            raise WorkerStopping
        job = self._claim(job_id)
        if job.state.is_finished:
            return
        reporter = Reporter(self.store, job, self.leaving, also)
        self._active[job_id] = reporter
        try:
            self._attempt(job, reporter)
        finally:
            del self._active[job_id]

    def pulse(self) -> None:
        """Store a sign of life of every job being done."""
        for reporter in tuple(self._active.values()):
            reporter.store()

    @contextlib.contextmanager
    def pulsing(self) -> Iterator[None]:
        """Send signs of life from a thread of its own while the block runs."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(HEARTBEAT):
                self.pulse()

        thread = threading.Thread(target=beat, name="job-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _claim(self, job_id: int) -> Job:
        with self.store.transaction():
            job = self.store.jobs.get(job_id)
            owner = self.store.jobs.executor(job_id)
            if job.state is JobState.RUNNING and owner != self.executor_id and not _is_silent(job):
                raise Conflict(f"The job {job_id} is being done by {owner}.")
            self.store.jobs.start(job_id, self.executor_id)
            return self.store.jobs.get(job_id)

    def _attempt(self, job: Job, reporter: Reporter) -> None:
        try:
            result = handler_of(job.kind).run(self.store, job, reporter)
            self.store.jobs.finish(job.job_id, dict(result))
        except Canceled:
            self.store.jobs.cancel(job.job_id)
        except StudioError as error:
            self._fail(job, _category(error), str(error))
        except MemoryError:
            self._fail(
                job,
                FailureCategory.OUT_OF_MEMORY,
                "There was not enough memory for this job. Close other programs, or do it in "
                "smaller parts.",
            )
        except Exception as error:  # noqa: BLE001 - the job fails; the worker goes on
            self._fail(job, FailureCategory.CODE_ERROR, self._blame(job, error))

    def _blame(self, job: Job, error: Exception) -> str:
        return (
            f"Something inside Weft went wrong ({type(error).__name__}: {str(error)[:200]}). "
            f"The details are in {self._log_path(job)}."
        )

    def _fail(self, job: Job, category: FailureCategory, sentence: str) -> None:
        path = self._log_path(job)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now(UTC).isoformat()} {job.kind}, process {os.getpid()}\n")
            file.write(traceback.format_exc() + "\n")
        _log.warning("Job %d (%s) failed: %s", job.job_id, job.kind, sentence)
        self.store.jobs.fail(job.job_id, category, sentence)

    def _log_path(self, job: Job) -> Path:
        return self.store.home / "logs" / f"job-{job.job_id}.log"


def _is_silent(job: Job) -> bool:
    return job.heartbeat_at is None or datetime.now(UTC) - job.heartbeat_at > SILENT


def _category(error: StudioError) -> FailureCategory:
    if isinstance(error, RunFailed):
        return error.category
    if isinstance(error, Unavailable):
        return FailureCategory.MISSING_MODEL
    return FailureCategory.BAD_DATA
