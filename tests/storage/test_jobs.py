from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from studio.core.errors import Conflict, FailureCategory, NotFound
from studio.core.jobs import JobState
from studio.storage.columns import now
from studio.storage.store import Store
from studio.storage.tables import jobs
from tests.storage.making import make_project


def add_job(store: Store, project_id: int | None = None, lane: str = "work") -> int:
    return store.jobs.add("echo", {"n": [1, 2]}, project_id=project_id, actor="ada", lane=lane)


ENDS: list[tuple[JobState, Callable[[Store, int], bool]]] = [
    (JobState.SUCCEEDED, lambda store, job: store.jobs.finish(job, {"n": 1})),
    (
        JobState.FAILED,
        lambda store, job: store.jobs.fail(job, FailureCategory.BAD_DATA, "Wrong file."),
    ),
    (JobState.CANCELED, lambda store, job: store.jobs.cancel(job)),
    (JobState.INTERRUPTED, lambda store, job: store.jobs.interrupt(job)),
]


def test_a_job_comes_back_queued(any_store: Store) -> None:
    job_id = add_job(any_store, lane="training")
    job = any_store.jobs.get(job_id)
    assert (job.kind, job.spec, job.state, job.progress) == (
        "echo",
        {"n": [1, 2]},
        JobState.QUEUED,
        0.0,
    )
    assert (job.created_by, job.project_id, job.result) == ("ada", None, {})
    assert any_store.jobs.lane(job_id) == "training"
    assert any_store.jobs.executor(job_id) is None


@pytest.mark.parametrize(("state", "end"), ENDS)
def test_a_finished_job_never_changes(
    any_store: Store, state: JobState, end: Callable[[Store, int], bool]
) -> None:
    job_id = add_job(any_store)
    assert any_store.jobs.start(job_id, "one")
    assert end(any_store, job_id)
    job = any_store.jobs.get(job_id)
    assert job.state is state
    assert job.finished_at is not None
    assert not any(other(any_store, job_id) for _, other in ENDS)
    assert not any_store.jobs.start(job_id, "two")
    assert not any_store.jobs.request_cancel(job_id)
    assert any_store.jobs.beat(job_id, 0.5, "going on")
    assert any_store.jobs.get(job_id) == job


def test_a_job_cannot_succeed_before_it_was_started(any_store: Store) -> None:
    job_id = add_job(any_store)
    with pytest.raises(Conflict, match="before it was started"):
        any_store.jobs.finish(job_id, {})
    assert any_store.jobs.cancel(job_id)
    assert not any_store.jobs.start(job_id, "one")


def test_progress_never_falls_and_stays_in_its_bounds(any_store: Store) -> None:
    job_id = add_job(any_store)
    any_store.jobs.start(job_id, "one")
    seen = []
    for fraction in (-1.0, 0.3, 0.1, math.nan, math.inf, 0.4, 7.0):
        assert not any_store.jobs.beat(job_id, fraction)
        seen.append(any_store.jobs.get(job_id).progress)
    assert seen == [0.0, 0.3, 0.3, 0.3, 0.3, 0.4, 1.0]


def test_an_empty_message_leaves_the_one_before(any_store: Store) -> None:
    job_id = add_job(any_store)
    any_store.jobs.start(job_id, "one")
    any_store.jobs.beat(job_id, 0.1, "Reading")
    any_store.jobs.beat(job_id, 0.2)
    assert any_store.jobs.get(job_id).message == "Reading"


def test_a_beat_tells_of_a_wish_to_stop(any_store: Store) -> None:
    job_id = add_job(any_store)
    any_store.jobs.start(job_id, "one")
    assert not any_store.jobs.beat(job_id, 0.1)
    assert any_store.jobs.request_cancel(job_id)
    assert any_store.jobs.beat(job_id, 0.2)
    assert any_store.jobs.get(job_id).state is JobState.RUNNING


def test_a_job_taken_up_again_keeps_its_first_beginning(any_store: Store) -> None:
    job_id = add_job(any_store)
    any_store.jobs.start(job_id, "one")
    began = any_store.jobs.get(job_id).started_at
    assert any_store.jobs.start(job_id, "two")
    assert any_store.jobs.executor(job_id) == "two"
    assert any_store.jobs.get(job_id).started_at == began


def test_lists_are_newest_first_by_project_and_state(any_store: Store) -> None:
    project_id = make_project(any_store)
    first, second = add_job(any_store, project_id), add_job(any_store, project_id)
    free = add_job(any_store)
    any_store.jobs.cancel(second)
    assert [j.job_id for j in any_store.jobs.list()] == [free, second, first]
    assert [j.job_id for j in any_store.jobs.list(project_id)] == [second, first]
    assert [j.job_id for j in any_store.jobs.list(project_id, active_only=True)] == [first]
    assert [j.job_id for j in any_store.jobs.list(limit=1)] == [free]


def test_waiting_are_the_queued_jobs_of_a_lane_oldest_first(any_store: Store) -> None:
    first, begun, last = (add_job(any_store) for _ in range(3))
    add_job(any_store, lane="training")
    any_store.jobs.start(begun, "one")
    assert [job.job_id for job in any_store.jobs.waiting("work")] == [first, last]


def test_stale_are_running_jobs_without_a_sign_of_life(any_store: Store) -> None:
    silent, alive, queued = (add_job(any_store) for _ in range(3))
    for job_id in (silent, alive):
        any_store.jobs.start(job_id, "one")
    past = now() - timedelta(minutes=2)
    with any_store.database.transaction() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id != alive).values(heartbeat_at=past))
    assert [j.job_id for j in any_store.jobs.stale(timedelta(minutes=1))] == [silent]
    assert any_store.jobs.get(queued).state is JobState.QUEUED


def test_a_result_may_hold_what_json_cannot(any_store: Store) -> None:
    job_id = add_job(any_store)
    any_store.jobs.start(job_id, "one")
    any_store.jobs.finish(
        job_id, {"loss": math.nan, "text": "a\0\ud800", "deep": [math.inf, (1,)]}
    )
    assert any_store.jobs.get(job_id).result == {
        "loss": None,
        "text": "a\0\ud800",
        "deep": [None, [1]],
    }


def test_a_job_that_is_none_is_not_found(any_store: Store) -> None:
    for act in (any_store.jobs.get, any_store.jobs.cancel, any_store.jobs.lane):
        with pytest.raises(NotFound, match="no job 99"):
            act(99)
    with pytest.raises(NotFound, match="no project 99"):
        add_job(any_store, 99)


def test_a_worker_has_one_row_with_its_last_beat(any_store: Store) -> None:
    any_store.workers.beat("one", 11, "host", "full")
    any_store.workers.beat("two", 12, "host", "kernel")
    any_store.workers.beat("one", 13, "host", "full")
    found = any_store.workers.list()
    assert [(beat.executor_id, beat.pid) for beat in found] == [("one", 13), ("two", 12)]
    assert all(timedelta(0) <= beat.age < timedelta(minutes=1) for beat in found)
