"""Bring rows and queue together again after whatever went down between them."""

from __future__ import annotations

import logging

from dbos import DBOS

from studio.core.errors import FailureCategory, NotFound
from studio.core.jobs import Job, JobState
from studio.jobs import connection, runner
from studio.jobs.handlers import handler_of
from studio.storage.store import Store

_ALIVE = ("ENQUEUED", "DELAYED", "PENDING")

_log = logging.getLogger(__name__)


def sweep(store: Store, executor_id: str) -> None:
    """Repair what a death left behind.

    * What belongs to executors that fell silent goes back to its queue.
    * Rows that never reached the queue are enqueued, the oldest first.
    * A row whose work ended in the queue without an end of its own has failed.
    """
    _take_over(store, executor_id)
    active = store.jobs.list(active_only=True, limit=10_000)[::-1]
    if not active:
        return
    names = [connection.workflow_id(job) for job in active]
    found = DBOS.list_workflows(workflow_ids=names, load_input=False, load_output=False)
    states = {status.workflow_id: status.status for status in found}
    silent = {job.job_id for job in store.jobs.stale(runner.SILENT)}
    for job, name in zip(active, names, strict=True):
        waits = job.state is JobState.QUEUED or job.job_id in silent
        if waits and name not in states:
            _enqueue(store, job)
        elif waits and states[name] not in _ALIVE:
            _give_up(store, job)


def _take_over(store: Store, executor_id: str) -> None:
    # Never from itself: after the sleep of a laptop its own last sign of life is old, too.
    silent = [
        worker.executor_id
        for worker in store.workers.list()
        if worker.age > runner.SILENT and worker.executor_id != executor_id
    ]
    if silent:
        # Its public sibling, resume_workflow, would also restart what a third worker has taken
        # up meanwhile, and would forget how often the job has killed its worker.
        DBOS._recover_pending_workflows(silent)


def _enqueue(store: Store, job: Job) -> None:
    try:
        lane = handler_of(job.kind).lane.name
    except NotFound as error:
        store.jobs.fail(job.job_id, FailureCategory.CODE_ERROR, str(error))
        return
    _log.info("Job %d was not in the queue; enqueued it.", job.job_id)
    connection.submit(store, [job], lane)


def _give_up(store: Store, job: Job) -> None:
    if store.jobs.get(job.job_id).state.is_finished:
        return
    store.jobs.fail(
        job.job_id,
        FailureCategory.WORKER_DIED,
        "The worker died again and again while it did this job, most likely for lack of memory. "
        "Try it with less data or smaller batches; the worker's log is in the folder logs.",
    )
