"""Training outlives its worker, its web server, and a stop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.jobs import JobState
from studio.core.runs import Targets, TrainingRun
from studio.services import training
from studio.storage.store import Store
from studio.training.loading import load_classifier
from tests.browser.serving import ROOT, running
from tests.jobs.processes import wait_for_end, wait_until
from tests.services.helpers import ME
from tests.survival.living import kill, make_films, working

pytestmark = pytest.mark.slow

LONG: Mapping[str, Any] = {
    "epochs": 50,
    "batch_size": 8,
    "learning_rate": 1e-4,
    "evaluations": 10,
    "max_length": 16,
}
STEPS = 400


def start(store: Store, folder: Path, backbone: Path) -> int:
    number = make_films(store, folder)
    return training.start_training(
        store,
        ME,
        number,
        method="fine-tune",
        options={**LONG, "backbone": str(backbone)},
        targets=Targets.GOLD,
    )


def job_of(store: Store, run_id: int) -> int:
    job_id = store.runs.get(run_id).job_id
    assert job_id is not None
    return job_id


def end_of(store: Store, run_id: int) -> TrainingRun:
    """Wait for the end of a run; fail with its sentence."""
    job = wait_for_end(store, job_of(store, run_id))
    assert job.error is None, job.error
    return training.get_run(store, run_id)


def wait_for_looks(store: Store, run_id: int, n: int) -> None:
    """Wait until dev documents were looked at ``n`` times, so that there is a checkpoint."""

    def looked() -> bool:
        assert not store.jobs.get(job_of(store, run_id)).state.is_finished
        names = [point.name for point in training.run_points(store, run_id)]
        return names.count("dev_loss") >= n

    wait_until(looked)
    assert store.jobs.get(job_of(store, run_id)).progress > 0


def check_curve(store: Store, run_id: int) -> None:
    """The curve of the whole run: each step that is logged once, none missing."""
    steps = [p.step for p in training.run_points(store, run_id) if p.name == "train_loss"]
    assert steps == list(range(STEPS // 100, STEPS + 1, STEPS // 100))


def check_model(store: Store, run: TrainingRun) -> None:
    """The model is whole: proven, alone in its folder of models, and it predicts."""
    assert run.artifact is not None
    assert run.metrics["reload_difference"] <= 1e-4
    assert run.metrics["seconds"] > 0
    folder = store.artifacts.path(run.artifact)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    probs = load_classifier(folder).predict_proba(["the film was lovely", "a sad day"])
    assert probs.shape == (2, 2)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)


def test_a_run_whose_worker_is_killed_goes_on_under_the_next(
    store: Store, tmp_path: Path, backbone: Path
) -> None:
    run_id = start(store, tmp_path, backbone)
    log = tmp_path / "worker.log"
    with working(store.settings, log) as worker:
        wait_for_looks(store, run_id, 2)
        started = kill(worker)
    assert any("studio.training.child" in command for command in started)
    assert store.runs.get(run_id).state is JobState.RUNNING
    before = training.run_points(store, run_id)
    with working(store.settings, log):
        run = end_of(store, run_id)
    assert run.state is JobState.SUCCEEDED
    assert run.metrics["stopped"] == 0.0
    check_curve(store, run_id)
    check_model(store, run)
    # It went on, it did not begin anew: what was known before the last checkpoint is untouched.
    after = {(p.step, p.name): p.at for p in training.run_points(store, run_id)}
    assert after[before[0].step, before[0].name] == before[0].at


def test_a_stop_keeps_the_best_and_the_run_succeeds(
    store: Store, tmp_path: Path, backbone: Path
) -> None:
    run_id = start(store, tmp_path, backbone)
    with working(store.settings, tmp_path / "worker.log"):
        wait_for_looks(store, run_id, 2)
        training.stop_run(store, ME, run_id)
        run = end_of(store, run_id)
    assert run.state is JobState.SUCCEEDED
    assert run.metrics["stopped"] == 1.0
    assert max(p.step for p in training.run_points(store, run_id)) < STEPS
    check_model(store, run)


def test_a_run_outlives_a_restart_of_the_web_server(
    store: Store, tmp_path: Path, backbone: Path
) -> None:
    run_id = start(store, tmp_path, backbone)
    environment = {
        "STUDIO_HOME": str(store.home),
        "STUDIO_DATABASE_URL": store.settings.database_url,
        "STUDIO_WORKER": "child",
    }
    with running(ROOT / "app.py", environment, tmp_path / "first.log"):
        wait_for_looks(store, run_id, 2)
    assert store.runs.get(run_id).state is JobState.RUNNING
    with running(ROOT / "app.py", environment, tmp_path / "second.log"):
        run = end_of(store, run_id)
    assert run.state is JobState.SUCCEEDED
    assert run.metrics["stopped"] == 0.0
    check_curve(store, run_id)
    check_model(store, run)
