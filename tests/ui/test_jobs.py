from __future__ import annotations

from datetime import UTC, datetime, timedelta

from studio.core.jobs import Job, JobState
from studio.storage.store import Store
from studio.ui import jobs

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(state: JobState = JobState.RUNNING, **facts: object) -> Job:
    return Job(job_id=1, kind="train", spec={}, state=state, **facts)  # type: ignore[arg-type]


def test_what_remains_follows_from_the_pace() -> None:
    started = NOW - timedelta(seconds=30)
    assert jobs.remaining_seconds(job(progress=0.25, started_at=started), NOW) == 90


def test_too_early_to_tell_what_remains() -> None:
    assert jobs.remaining_seconds(job(progress=0.01, started_at=NOW), NOW) is None
    assert jobs.remaining_seconds(job(progress=0.5), NOW) is None


def test_a_job_waits_in_vain_only_without_any_living_worker(store: Store) -> None:
    waiting = job(JobState.QUEUED, created_at=datetime.now(UTC) - timedelta(minutes=1))
    now = datetime.now(UTC)
    assert jobs.waits_in_vain(store, waiting, now)
    assert not jobs.waits_in_vain(store, job(JobState.QUEUED, created_at=now), now)
    assert not jobs.waits_in_vain(store, job(created_at=waiting.created_at), now)
    store.workers.beat("local", 1, "here", "full")
    assert not jobs.waits_in_vain(store, waiting, now)


def test_a_kind_without_a_title_is_still_told_in_words() -> None:
    assert jobs.title_of(Job(job_id=1, kind="new_kind", spec={}, state=JobState.QUEUED)) == (
        "New kind"
    )
