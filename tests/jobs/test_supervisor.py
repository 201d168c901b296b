from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

import tests.jobs.sample_handlers  # noqa: F401
from studio.jobs.locking import hold, is_held, worker_lock
from studio.jobs.queue import enqueue
from studio.jobs.supervisor import start_child_worker, worker_environment
from studio.storage.store import Store
from tests.jobs.processes import COMMAND, ROOT, wait_for_end, wait_until


def echo(store: Store, word: str) -> int:
    return enqueue(store, "test_echo", {"word": word}, project_id=None, actor="ada")


def test_a_lock_is_free_again_after_the_block(store: Store) -> None:
    path = worker_lock(store.home, "a/../b")
    with hold(path) as first, hold(path) as second:
        assert (first, second) == (True, False)
        assert is_held(path)
    assert not is_held(path)
    assert path.parent == store.home / "locks"


@pytest.mark.slow
def test_a_child_works_is_started_again_after_its_death_and_ends_with_stop(store: Store) -> None:
    supervisor = start_child_worker(store.settings, COMMAND)
    try:
        wait_for_end(store, echo(store, "first"))
        first = supervisor.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: supervisor.pid not in (None, first))
        assert wait_for_end(store, echo(store, "second")).result == {"echo": "second"}
    finally:
        supervisor.stop()
    assert supervisor.pid is None
    assert not is_held(worker_lock(store.home, store.settings.executor_id))


@pytest.mark.slow
def test_a_child_that_cannot_start_is_reported_with_its_log(store: Store) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('no luck')")
    supervisor = start_child_worker(store.settings, command)
    try:
        wait_until(lambda: supervisor.problem is not None)
    finally:
        supervisor.stop()
    log = store.home / "logs" / "worker.log"
    assert "no luck" in log.read_text()
    assert str(log) in str(supervisor.problem)
    assert "code 1" in str(supervisor.problem)


@pytest.mark.slow
def test_while_another_process_has_the_worker_no_second_is_started(store: Store) -> None:
    first = start_child_worker(store.settings, COMMAND)
    try:
        wait_for_end(store, echo(store, "first"))
        second = start_child_worker(store.settings, COMMAND)
        try:
            assert second.pid is None
            first.stop()
            wait_until(lambda: second.pid is not None)
            assert wait_for_end(store, echo(store, "second")).result == {"echo": "second"}
        finally:
            second.stop()
    finally:
        first.stop()


@pytest.mark.slow
def test_the_worker_leaves_when_the_web_server_is_killed(store: Store) -> None:
    server = subprocess.Popen(
        (sys.executable, "-m", "tests.jobs.server_entry"),
        cwd=ROOT,
        env=os.environ | worker_environment(store.settings),
    )
    wait_for_end(store, echo(store, "first"))
    lock = worker_lock(store.home, store.settings.executor_id)
    assert is_held(lock)
    server.kill()
    server.wait()
    wait_until(lambda: not is_held(lock))
