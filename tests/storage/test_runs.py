"""Label model fits and training runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studio.core.errors import FailureCategory, NotFound
from studio.core.jobs import JobState
from studio.core.runs import MetricPoint, Targets
from studio.storage.store import Store
from tests.storage.making import make_project


def add_run(store: Store, project_id: int, name: str = "first") -> int:
    return store.runs.add(
        project_id,
        name,
        "fine-tune",
        Targets.GOLD_AND_WEAK,
        options={"epochs": 3},
        seed=7,
        training_set="abc",
        provenance={"gold": [1, 2]},
        actor="ada",
    )


def add_fit(store: Store, project_id: int, name: str) -> int:
    fit = store.fits.add(
        project_id=project_id,
        name=name,
        options={"n_epochs": 500},
        seed=3,
        votes_fingerprint="v",
        lf_names=("a", "b"),
        weak_labels="w",
        metrics={"dev.accuracy": np.float32(0.5), "dev.macro_f1": math.nan},
        lf_weights={"a": 0.9, "b": None, "c": math.inf},
        actor="ada",
    )
    return fit.fit_id


def test_a_fit_comes_back_with_the_figures_that_are_numbers(any_store: Store) -> None:
    project_id = make_project(any_store)
    fit = any_store.fits.get(add_fit(any_store, project_id, "snorkel"))
    assert (fit.name, fit.options, fit.seed) == ("snorkel", {"n_epochs": 500}, 3)
    assert fit.lf_names == ("a", "b")
    assert fit.metrics == {"dev.accuracy": 0.5}
    assert fit.lf_weights == {"a": 0.9, "b": None, "c": None}
    assert fit.created_by == "ada"


def test_fits_are_newest_first(any_store: Store) -> None:
    project_id = make_project(any_store)
    ids = [add_fit(any_store, project_id, name) for name in ("majority", "snorkel")]
    assert [fit.fit_id for fit in any_store.fits.list(project_id)] == ids[::-1]
    with pytest.raises(NotFound, match="no label model fit 99"):
        any_store.fits.get(99)


def test_a_run_comes_back_queued(any_store: Store) -> None:
    project_id = make_project(any_store)
    run = any_store.runs.get(add_run(any_store, project_id))
    assert (run.method, run.targets, run.options) == (
        "fine-tune",
        Targets.GOLD_AND_WEAK,
        {"epochs": 3},
    )
    assert (run.state, run.seed, run.training_set) == (JobState.QUEUED, 7, "abc")
    assert run.provenance == {"gold": [1, 2]}
    assert (run.job_id, run.started_at, run.metrics) == (None, None, {})


def test_times_follow_from_states_and_a_restart_keeps_the_first(any_store: Store) -> None:
    run_id = add_run(any_store, make_project(any_store))
    any_store.runs.set_state(run_id, JobState.RUNNING)
    began = any_store.runs.get(run_id).started_at
    assert began is not None
    any_store.runs.set_state(run_id, JobState.RUNNING)
    any_store.runs.finish(run_id, {"test.accuracy": 0.9, "x": math.nan}, "artifacts/models/run-1")
    run = any_store.runs.get(run_id)
    assert (run.state, run.started_at) == (JobState.SUCCEEDED, began)
    assert run.finished_at is not None
    assert run.metrics == {"test.accuracy": 0.9}
    assert run.artifact == "artifacts/models/run-1"


def test_a_finished_run_stays_as_it_is(any_store: Store) -> None:
    run_id = add_run(any_store, make_project(any_store))
    any_store.runs.set_state(
        run_id,
        JobState.FAILED,
        error="Not enough memory.",
        category=FailureCategory.OUT_OF_MEMORY,
    )
    any_store.runs.finish(run_id, {"a": 1.0}, "x")
    any_store.runs.set_state(run_id, JobState.RUNNING)
    run = any_store.runs.get(run_id)
    assert (run.state, run.error, run.artifact) == (JobState.FAILED, "Not enough memory.", None)
    assert run.category is FailureCategory.OUT_OF_MEMORY


def test_points_come_by_step_and_replace_those_of_before_a_resume(any_store: Store) -> None:
    run_id = add_run(any_store, make_project(any_store))
    first = [MetricPoint(step, "train_loss", 1.0 / step, step / 10) for step in (2, 1, 3)]
    any_store.runs.add_points(run_id, first)
    again = [MetricPoint(3, "train_loss", math.nan, 0.5), MetricPoint(3, "dev_loss", 2.0, 0.6)]
    any_store.runs.add_points(run_id, again)
    any_store.runs.add_points(run_id, [])
    points = any_store.runs.points(run_id)
    assert [(p.step, p.name) for p in points] == [
        (1, "train_loss"),
        (2, "train_loss"),
        (3, "dev_loss"),
        (3, "train_loss"),
    ]
    assert math.isnan(points[-1].value)
    assert [p.step for p in any_store.runs.points(run_id, after_step=2)] == [3, 3]


def test_points_do_not_raise_the_revision_and_all_else_does(any_store: Store) -> None:
    project_id = make_project(any_store)
    run_id = add_run(any_store, project_id)
    job_id = any_store.jobs.add("train", {}, project_id=project_id, actor="ada")
    before = any_store.projects.get(project_id).revision
    any_store.runs.add_points(run_id, [MetricPoint(1, "loss", 1.0, 0.0)])
    assert any_store.projects.get(project_id).revision == before
    any_store.runs.set_job(run_id, job_id)
    any_store.runs.rename(run_id, "better")
    assert any_store.projects.get(project_id).revision == before + 2
    run = any_store.runs.get(run_id)
    assert (run.name, run.job_id) == ("better", job_id)


def test_runs_are_newest_first_and_of_one_project(any_store: Store) -> None:
    project_id, other = make_project(any_store), make_project(any_store)
    ids = [add_run(any_store, project_id, name) for name in "ab"]
    add_run(any_store, other)
    assert [run.run_id for run in any_store.runs.list(project_id)] == ids[::-1]
    with pytest.raises(NotFound, match="no training run 99"):
        any_store.runs.get(99)
    with pytest.raises(NotFound):
        any_store.runs.add_points(99, [MetricPoint(1, "loss", 1.0, 0.0)])
