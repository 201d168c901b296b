"""The worker: takes jobs off the queue and does them, until it is asked to leave."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

from dbos import DBOS, DBOSConfig

from studio.core.errors import Conflict
from studio.jobs import connection
from studio.jobs.handlers import LANES
from studio.jobs.locking import hold, worker_lock
from studio.jobs.runner import HEARTBEAT, Runner, WorkerStopping
from studio.jobs.supervisor import PARENT_VARIABLE
from studio.jobs.sweep import sweep
from studio.storage.store import Store

GRACE: Final = 5
"""Seconds that handlers get to unwind when the worker is asked to leave."""

MAX_RESTARTS: Final = 4
"""How often a job is begun anew after its worker died; one that kills workers must end."""

_log = logging.getLogger(__name__)
_runner: Runner | None = None  # the queue runs one worker a process, and calls a plain function


@DBOS.workflow(name=connection.WORKFLOW, max_recovery_attempts=MAX_RESTARTS)
def run_job(job_id: int) -> None:
    """Do one job off the queue."""
    runner = _runner
    if runner is None:
        raise WorkerStopping
    while True:
        try:
            return runner.perform(job_id)
        except Conflict:
            # Somebody else has it, or died so lately that the job still looks alive. To end here
            # would take it out of the queue, and nobody would finish it in the second case.
            if runner.leaving.wait(1.0):
                raise WorkerStopping from None


def run_worker(
    store: Store,
    *,
    executor_id: str,
    stop_event: threading.Event | None = None,
    sandbox_tier: str = "unknown",
) -> None:
    """Work until asked to leave: by ``stop_event``, SIGTERM, SIGINT or the death of a supervisor.

    Jobs that are not at their end by then stay running and are begun anew by the next worker of
    the same name; each handler gets a few seconds to unwind.

    Parameters
    ----------
    executor_id
        Stable name of this worker. A worker of this name that was killed is continued.
    sandbox_tier
        What pages shall say of how user code runs here.

    Raises
    ------
    Conflict
        If a worker of this name is at work on this home.
    """
    stop = stop_event or threading.Event()
    with hold(worker_lock(store.home, executor_id), patience=1.0) as held:
        if not held:
            raise Conflict(
                f"A worker called {executor_id!r} is at work on {store.home} already. Stop it, "
                "or give this one a name of its own by STUDIO_EXECUTOR_ID."
            )
        _remove_leftovers(store)
        with _stopped_by_signals(stop), _queue(Runner(store, executor_id)) as runner:
            _log.info("Worker %s is ready.", executor_id)
            _stay_alive(runner, stop, sandbox_tier)


def _remove_leftovers(store: Store) -> None:
    try:
        removed = store.sweep()
    except OSError:
        _log.exception("Leftovers of killed processes could not be removed; they do no harm.")
        return
    if removed:
        _log.info("Removed %d leftovers of killed processes.", removed)


@contextlib.contextmanager
def _queue(runner: Runner) -> Iterator[Runner]:
    global _runner
    _keep_quiet()
    config: DBOSConfig = {
        "name": connection.APPLICATION,
        "system_database_url": connection.queue_url(runner.store.settings),
        "serializer": connection.serializer(),
        "executor_id": runner.executor_id,
        # One for all time: the queue refuses the jobs of other versions, and an update of Weft
        # must not strand what is queued.
        "application_version": "1",
        "sys_db_pool_size": 8,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    _runner = runner
    try:
        DBOS.launch()
        for lane in LANES.values():
            DBOS.register_queue(
                lane.queue,
                worker_concurrency=lane.concurrency,
                partition_worker_concurrency=1 if lane.is_shared else None,
                polling_interval_sec=lane.polling,
                on_conflict="always_update",
            )
        yield runner
    finally:
        runner.leaving.set()
        DBOS.destroy(workflow_completion_timeout_sec=GRACE)
        _runner = None
        connection.disconnect(runner.store.settings)
        _leave_at_once_if_stuck(runner)


def _stay_alive(runner: Runner, stop: threading.Event, sandbox_tier: str) -> None:
    parent = int(os.environ.get(PARENT_VARIABLE, "0"))
    next_beat = 0.0
    while not stop.is_set():
        if parent and os.getppid() != parent:
            _log.warning("The process that started this worker is gone; leaving.")
            return
        if time.monotonic() >= next_beat:
            _tend(runner, sandbox_tier)
            next_beat = time.monotonic() + HEARTBEAT
        stop.wait(0.5)


def _tend(runner: Runner, sandbox_tier: str) -> None:
    try:
        runner.store.workers.beat(
            runner.executor_id, os.getpid(), socket.gethostname(), sandbox_tier
        )
        runner.pulse()
        sweep(runner.store, runner.executor_id)
    except Exception:  # noqa: BLE001 - a database that restarts must not end the worker
        _log.exception("This round of housekeeping failed; the next one comes in 5 s.")


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_quiet() -> None:
    # With a handler of ours the queue adds none of its own that would write to the console.
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _leave_at_once_if_stuck(runner: Runner) -> None:
    if runner.active:
        # Python would wait for these threads for ever. The next worker begins the jobs anew.
        _log.warning("Jobs %s did not unwind; leaving them to the next worker.", runner.active)
        logging.shutdown()
        os._exit(0)
