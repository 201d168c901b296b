from __future__ import annotations

from typing import Any

import pytest

import tests.jobs.sample_handlers  # noqa: F401
from studio.core.errors import Canceled, FailureCategory, NotFound
from studio.core.jobs import Job, JobState
from studio.jobs.queue import cancel, enqueue, run_inline, run_pending
from studio.jobs.runner import Runner
from studio.storage.store import Store


def ask(store: Store, kind: str, **spec: Any) -> int:
    return enqueue(store, kind, spec, project_id=None, actor="ada")


def test_a_job_waits_as_a_row_until_somebody_does_it(store: Store) -> None:
    job = store.jobs.get(ask(store, "test_echo", word="hi"))
    assert (job.kind, job.spec, job.state) == ("test_echo", {"word": "hi"}, JobState.QUEUED)
    assert job.created_by == "ada"


def test_a_kind_that_nothing_handles_is_refused_and_leaves_no_row(store: Store) -> None:
    with pytest.raises(NotFound, match="test_nothing"):
        ask(store, "test_nothing")
    assert store.jobs.list() == []


def test_a_job_done_inline_has_result_and_full_progress(store: Store) -> None:
    job = run_inline(store, ask(store, "test_echo", word="hi"))
    assert (job.state, job.result, job.progress) == (JobState.SUCCEEDED, {"echo": "hi"}, 1.0)


@pytest.mark.parametrize(
    ("error", "category", "says"),
    [
        ("invalid", FailureCategory.BAD_DATA, "The column 'x' is missing."),
        ("unavailable", FailureCategory.MISSING_MODEL, "The model 'm' is not there."),
        ("run", FailureCategory.OUT_OF_MEMORY, "Too big."),
        ("memory", FailureCategory.OUT_OF_MEMORY, "not enough memory"),
        ("bug", FailureCategory.CODE_ERROR, "ZeroDivisionError"),
    ],
)
def test_a_failure_has_category_sentence_and_log(
    store: Store, error: str, category: FailureCategory, says: str
) -> None:
    job = run_inline(store, ask(store, "test_fail", error=error))
    assert (job.state, job.category) == (JobState.FAILED, category)
    assert says in str(job.error)
    log = (store.home / "logs" / f"job-{job.job_id}.log").read_text()
    assert "Traceback" in log
    assert "sample_handlers.py" in log


def test_an_error_in_the_code_names_its_log(store: Store) -> None:
    job = run_inline(store, ask(store, "test_fail", error="bug"))
    assert str(store.home / "logs" / f"job-{job.job_id}.log") in str(job.error)


def test_a_result_that_is_not_json_is_an_error_in_the_code(store: Store) -> None:
    job = run_inline(store, ask(store, "test_not_json"))
    assert (job.state, job.category) == (JobState.FAILED, FailureCategory.CODE_ERROR)


def test_a_canceled_handler_ends_as_canceled(store: Store) -> None:
    job = run_inline(store, ask(store, "test_fail", error="canceled"))
    assert (job.state, job.error) == (JobState.CANCELED, None)


def test_a_waiting_job_is_canceled_at_once_and_never_done(store: Store) -> None:
    job_id = ask(store, "test_echo", word="hi")
    cancel(store, job_id)
    assert store.jobs.get(job_id).state is JobState.CANCELED
    assert run_inline(store, job_id).state is JobState.CANCELED


def test_a_finished_job_cannot_be_canceled(store: Store) -> None:
    job = run_inline(store, ask(store, "test_echo", word="hi"))
    cancel(store, job.job_id)
    assert store.jobs.get(job.job_id).state is JobState.SUCCEEDED


def test_a_job_that_is_done_twice_is_done_once(store: Store) -> None:
    first = run_inline(store, ask(store, "test_echo", word="hi"))
    assert run_inline(store, first.job_id) == first


def test_progress_is_passed_on_and_may_stop_the_job(store: Store) -> None:
    heard: list[float] = []

    def listen(fraction: float, message: str = "") -> None:
        heard.append(fraction)
        if len(heard) == 3:
            raise Canceled

    file = store.home / "notes"
    job = run_inline(store, ask(store, "test_slow", steps=100, file=str(file)), listen)
    assert (job.state, heard) == (JobState.CANCELED, [0.0, 0.01, 0.02])


def test_a_handler_may_catch_a_stop_and_come_to_its_own_end(store: Store) -> None:
    job_id = ask(store, "test_stubborn")
    store.jobs.request_cancel(job_id)
    job = run_inline(store, job_id)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"kept": True})


def test_what_another_process_does_is_waited_for_and_not_done_again(store: Store) -> None:
    job_id = ask(store, "test_fail", error="bug")
    store.jobs.start(job_id, "another")

    def watch(fraction: float, message: str = "") -> None:
        store.jobs.finish(job_id, {"by": "another"})

    assert run_inline(store, job_id, watch).result == {"by": "another"}


def test_run_pending_does_all_in_order_also_what_they_enqueue(store: Store) -> None:
    ask(store, "test_parent")
    ask(store, "test_echo", word="second")
    done = run_pending(store)
    assert [job.kind for job in done] == ["test_parent", "test_echo", "test_echo"]
    assert [job.result.get("echo") for job in done[1:]] == ["second", "child"]
    assert _states(done) == {JobState.SUCCEEDED}


def test_signs_of_life_are_stored_for_a_handler_that_reports_nothing(store: Store) -> None:
    runner = Runner(store, "one")
    seen: list[Job] = []
    job_id = ask(store, "test_echo", word="hi")

    def look(fraction: float, message: str = "") -> None:
        before = store.jobs.get(job_id).heartbeat_at
        runner.pulse()
        after = store.jobs.get(job_id)
        assert before is not None
        assert after.heartbeat_at is not None
        assert after.heartbeat_at > before
        seen.append(after)

    runner.perform(job_id, look)
    assert [job.progress for job in seen] == [0.5]
    assert runner.active == ()


def _states(jobs: list[Job]) -> set[JobState]:
    return {job.state for job in jobs}
