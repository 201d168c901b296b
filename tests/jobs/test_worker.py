"""Workers are real processes here, and are killed for real."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

import tests.jobs.sample_handlers  # noqa: F401
from studio.core.errors import FailureCategory
from studio.core.jobs import JobState
from studio.jobs import connection
from studio.jobs.queue import cancel, enqueue
from studio.storage.store import Store
from tests.jobs.processes import notes, wait_for_end, wait_until, worker

pytestmark = pytest.mark.slow


def ask(store: Store, kind: str, **spec: Any) -> int:
    return enqueue(store, kind, spec, project_id=None, actor="ada")


def is_running(store: Store, job_id: int) -> bool:
    return store.jobs.get(job_id).state is JobState.RUNNING


def test_jobs_are_done_whether_asked_for_before_or_after_the_start(any_store: Store) -> None:
    before = ask(any_store, "test_echo", word="before")
    with worker(any_store.settings) as process:
        assert wait_for_end(any_store, before).result == {"echo": "before"}
        assert connection.is_ready(any_store)
        connection.warm(any_store)
        after = ask(any_store, "test_echo", word="after")
        assert wait_for_end(any_store, after).result == {"echo": "after"}
        failing = ask(any_store, "test_fail", error="bug")
        assert wait_for_end(any_store, failing).category is FailureCategory.CODE_ERROR
        assert [found.executor_id for found in any_store.workers.list()] == [
            any_store.settings.executor_id
        ]
        process.terminate()
        assert process.wait(20) == 0
    connection.disconnect(any_store.settings)


def test_a_killed_worker_is_continued_by_the_next_of_its_name(
    any_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    with worker(any_store.settings) as process:
        job_id = ask(any_store, "test_slow", steps=60, file=str(file))
        wait_until(lambda: any_store.jobs.get(job_id).progress > 0.3)
        process.kill()
        process.wait()
    before = any_store.jobs.get(job_id)
    assert before.state is JobState.RUNNING
    with worker(any_store.settings):
        job = wait_for_end(any_store, job_id)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"steps": 60})
    assert notes(file) == ["begin", "begin", "end"]
    assert job.started_at == before.started_at


def test_a_worker_that_is_asked_to_leave_unwinds_and_leaves_the_job_to_the_next(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    job_id = ask(store, "test_slow", steps=60, file=str(file))
    with worker(store.settings) as process:
        wait_until(lambda: is_running(store, job_id))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert is_running(store, job_id)
    assert notes(file) == ["begin", "undo"]
    with worker(store.settings):
        assert wait_for_end(store, job_id).state is JobState.SUCCEEDED


def test_a_handler_that_does_not_listen_cannot_keep_the_worker(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    job_id = ask(store, "test_deaf", file=str(file))
    with worker(store.settings) as process:
        wait_until(lambda: notes(file) == ["begin"])
        process.terminate()
        assert process.wait(30) == 0
    assert is_running(store, job_id)


def test_a_running_job_stops_when_asked(any_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    with worker(any_store.settings):
        job_id = ask(any_store, "test_slow", steps=2000, file=str(file))
        wait_until(lambda: is_running(any_store, job_id))
        cancel(any_store, job_id)
        assert wait_for_end(any_store, job_id).state is JobState.CANCELED
    assert notes(file) == ["begin", "undo"]


def test_a_waiting_job_that_is_canceled_is_never_begun(store: Store, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with worker(store.settings):
        running = ask(store, "test_slow", steps=40, file=str(first))
        wait_until(lambda: is_running(store, running))
        waiting = ask(store, "test_slow", steps=1, file=str(second))
        cancel(store, waiting)
        last = ask(store, "test_slow", steps=1, file=str(first))
        assert wait_for_end(store, last).state is JobState.SUCCEEDED
    assert store.jobs.get(waiting).state is JobState.CANCELED
    assert notes(second) == []


def test_a_row_that_never_reached_the_queue_is_swept_into_it(store: Store) -> None:
    with worker(store.settings):
        wait_until(lambda: connection.is_ready(store))
        job_id = store.jobs.add(
            "test_echo", {"word": "orphan"}, project_id=None, actor="ada", lane="interactive"
        )
        assert wait_for_end(store, job_id).result == {"echo": "orphan"}


def test_a_lane_does_its_jobs_in_the_order_they_were_asked_for(
    any_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    spec = {"file": str(file)}
    before = [ask(any_store, "test_note", **spec) for _ in range(6)]
    with worker(any_store.settings):
        wait_for_end(any_store, before[-1])
        assert notes(file) == [str(job_id) for job_id in before]
        # A row that waits for a sweep may not be overtaken by one that is handed over at once.
        row = any_store.jobs.add("test_note", spec, project_id=None, actor="ada", lane="work")
        after = ask(any_store, "test_note", **spec)
        wait_for_end(any_store, after)
    assert notes(file) == [str(job_id) for job_id in (*before, row, after)]
    connection.disconnect(any_store.settings)


def test_a_starting_worker_removes_what_killed_processes_left_behind(store: Store) -> None:
    leftover = store.home / "arrays" / f".new.{'0' * 32}"
    leftover.parent.mkdir(parents=True, exist_ok=True)
    leftover.write_bytes(b"half of an array")
    os.utime(leftover, (0, 0))
    with worker(store.settings):
        wait_until(lambda: connection.is_ready(store))
        assert not leftover.exists()


def test_a_job_is_handed_to_the_queue_only_when_its_row_can_be_seen(any_store: Store) -> None:
    with worker(any_store.settings):
        wait_until(lambda: connection.is_ready(any_store))
        with any_store.transaction():
            job_id = ask(any_store, "test_echo", word="hi")
            time.sleep(0.5)
        assert wait_for_end(any_store, job_id).state is JobState.SUCCEEDED
    connection.disconnect(any_store.settings)


def test_a_row_of_a_kind_of_another_version_fails_with_a_sentence(store: Store) -> None:
    job_id = store.jobs.add("test_gone", {}, project_id=None, actor="ada", lane="work")
    with worker(store.settings):
        assert "'test_gone'" in str(wait_for_end(store, job_id).error)


def test_a_job_that_kills_its_worker_each_time_fails_in_the_end(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    job_id = ask(store, "test_deadly", file=str(file))
    settings = store.settings
    while not store.jobs.get(job_id).state.is_finished:
        assert len(notes(file)) < 10
        with worker(settings, SILENT="2") as process:
            wait_until(
                lambda process=process: (
                    process.poll() is not None or store.jobs.get(job_id).state.is_finished
                )
            )
    job = store.jobs.get(job_id)
    assert (job.state, job.category) == (JobState.FAILED, FailureCategory.WORKER_DIED)
    assert len(notes(file)) == 5


def test_what_a_silent_worker_left_is_taken_over_by_another(
    any_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    settings = any_store.settings
    with worker(dataclasses.replace(settings, executor_id="first"), SILENT="3") as process:
        job_id = ask(any_store, "test_slow", steps=100, file=str(file))
        wait_until(lambda: is_running(any_store, job_id))
        process.kill()
        process.wait()
    with worker(dataclasses.replace(settings, executor_id="second"), SILENT="3"):
        assert wait_for_end(any_store, job_id, 120).state is JobState.SUCCEEDED
    assert notes(file) == ["begin", "begin", "end"]


def test_a_job_that_still_looks_alive_is_waited_for_and_not_lost(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    job_id = ask(store, "test_slow", steps=1, file=str(file))
    store.jobs.start(job_id, "inline-1")
    with worker(store.settings, SILENT="6"):
        assert wait_for_end(store, job_id).state is JobState.SUCCEEDED
    assert notes(file) == ["begin", "end"]


def test_two_living_workers_never_do_one_job_twice(any_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    first = dataclasses.replace(any_store.settings, executor_id="first")
    second = dataclasses.replace(any_store.settings, executor_id="second")
    jobs = [ask(any_store, "test_slow", steps=1, file=str(file)) for _ in range(12)]
    with worker(first), worker(second):
        ended = [wait_for_end(any_store, job_id).state for job_id in jobs]
    assert ended == [JobState.SUCCEEDED] * 12
    assert notes(file).count("begin") == 12


def test_a_second_worker_of_one_name_refuses_to_start(store: Store) -> None:
    with worker(store.settings):
        wait_until(lambda: connection.is_ready(store))
        with worker(store.settings) as second:
            _, said = second.communicate(timeout=60)
    assert second.returncode == 3
    assert "STUDIO_EXECUTOR_ID" in said


def test_the_queue_says_nothing_of_its_own_and_holds_no_pickles(store: Store) -> None:
    with worker(store.settings) as process:
        wait_until(lambda: connection.is_ready(store))
        wait_for_end(store, ask(store, "test_echo", word="hi"))
        process.terminate()
        out, said = process.communicate(timeout=60)
    assert out == ""
    assert "dbos" not in said.casefold()
    with sqlite3.connect(store.home / "jobs.sqlite") as database:
        kinds = database.execute("SELECT DISTINCT serialization FROM workflow_status").fetchall()
    database.close()
    assert kinds == [("portable_json",)]
