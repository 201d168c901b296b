"""Ask for work: enqueue a job, stop it, or do it here and now."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from studio.core.errors import Canceled, Conflict
from studio.core.jobs import Job, JobState, Progress, no_progress
from studio.jobs import connection
from studio.jobs.handlers import handler_of
from studio.jobs.runner import Runner
from studio.storage.store import Store

_log = logging.getLogger(__name__)

INLINE = "inline"
"""Executor of the jobs that the asking process does itself; its process id is appended."""

FOLLOW_EVERY = 0.2
"""Seconds between two looks at a job that somebody else does."""


def enqueue(
    store: Store, kind: str, spec: Mapping[str, Any], *, project_id: int | None, actor: str
) -> int:
    """Store a job, hand it to the queue, and return its id.

    Parameters
    ----------
    kind
        A kind that some function :func:`~studio.jobs.handlers.handles`.
    spec
        JSON values: ids and options, never objects.

    Raises
    ------
    NotFound
        If nothing handles the kind.
    """
    lane = handler_of(kind).lane.name
    job_id = store.jobs.add(kind, dict(spec), project_id=project_id, actor=actor, lane=lane)
    # A worker may be faster than a commit, and would not find the row.
    store.database.after_commit(lambda: _submit(store, job_id, lane))
    return job_id


def cancel(store: Store, job_id: int) -> None:
    """Ask a job to stop: at once if it only waits, else at its next report of progress.

    A finished job stays as it is.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    job = store.jobs.get(job_id)
    if job.state.is_finished:
        return
    store.jobs.request_cancel(job_id)
    if job.state is JobState.QUEUED:
        store.jobs.cancel(job_id)


def run_inline(store: Store, job_id: int, progress: Progress = no_progress) -> Job:
    """Do a job in this process with the handler a worker would use, and return how it ended.

    If a worker was faster, wait for the end it brings the job to.

    Parameters
    ----------
    progress
        Hears of the job's progress; if it raises ``Canceled``, the job is asked to stop.
    """
    runner = Runner(store, f"{INLINE}-{os.getpid()}")
    try:
        with runner.pulsing():
            runner.perform(job_id, progress)
    except Conflict:
        _follow(store, job_id, progress)
    except KeyboardInterrupt:
        store.jobs.interrupt(job_id)
        raise
    return store.jobs.get(job_id)


def run_pending(store: Store) -> list[Job]:
    """Do all queued jobs in this process, oldest first, also those that they enqueue."""
    done: list[Job] = []
    while queued := [
        job.job_id
        for job in store.jobs.list(active_only=True, limit=10_000)
        if job.state is JobState.QUEUED
    ]:
        done.append(run_inline(store, min(queued)))
    return done


def _submit(store: Store, job_id: int, lane: str) -> None:
    try:
        if connection.is_ready(store):
            # Rows that wait for a sweep go in with it, before it: what was asked for first is
            # often what the next job builds on.
            connection.submit(store, store.jobs.waiting(lane), lane)
    except Exception:  # noqa: BLE001 - the row is stored, and a worker's sweep brings it along
        _log.exception("Job %d waits for the next sweep of a worker.", job_id)


def _follow(store: Store, job_id: int, progress: Progress) -> None:
    while not (job := store.jobs.get(job_id)).state.is_finished:
        try:
            progress(job.progress, job.message)
        except Canceled:
            cancel(store, job_id)
            progress = no_progress
        time.sleep(FOLLOW_EVERY)
