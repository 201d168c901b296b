"""A training that cannot succeed says why, in one sentence of the right category."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.errors import FailureCategory, Invalid
from studio.core.jobs import JobState
from studio.core.runs import Targets, TrainingRun
from studio.jobs.queue import run_inline
from studio.services import importing, projects, training
from studio.storage.store import Store
from tests.jobs.processes import ROOT
from tests.services.helpers import ME, source, write_rows
from tests.survival.living import make_films

pytestmark = pytest.mark.slow


def start(store: Store, number: int, folder: Path, **options: Any) -> int:
    return training.start_training(
        store,
        ME,
        number,
        method="fine-tune",
        options={"backbone": str(folder), "epochs": 2, "batch_size": 8, **options},
        targets=Targets.GOLD,
    )


def failed(store: Store, number: int, folder: Path, **options: Any) -> TrainingRun:
    """Train and return the run, which failed as its job did, in words fit for a page."""
    run_id = start(store, number, folder, **options)
    found = training.run_job(store, run_id)
    assert found is not None
    job = run_inline(store, found.job_id)
    run = training.get_run(store, run_id)
    assert run.state is job.state is JobState.FAILED
    assert run.error == job.error
    assert run.category is job.category
    assert run.error is not None
    assert run.error.endswith(".")
    assert "Traceback" not in run.error
    assert "\n" not in run.error
    assert run.artifact is None
    return run


@pytest.fixture
def copy(backbone: Path, tmp_path: Path) -> Path:
    """A copy of the tiny backbone, to be damaged."""
    return Path(shutil.copytree(backbone, tmp_path / "my-bert"))


def test_a_backbone_without_a_tokenizer_is_refused_before_the_start(
    store: Store, tmp_path: Path, copy: Path
) -> None:
    (copy / "tokenizer.json").unlink()
    number = make_films(store, tmp_path)
    with pytest.raises(Invalid, match="'my-bert' has no tokenizer"):
        start(store, number, copy)
    assert training.list_runs(store, number) == []


def test_a_tokenizer_that_cannot_be_read(store: Store, tmp_path: Path, copy: Path) -> None:
    (copy / "tokenizer.json").write_text("{}", encoding="utf-8")
    run = failed(store, make_films(store, tmp_path), copy)
    assert run.category is FailureCategory.MISSING_MODEL
    assert "tokenizer of 'my-bert'" in (run.error or "")


def test_a_backbone_that_went_away_after_the_start(
    store: Store, tmp_path: Path, copy: Path
) -> None:
    number = make_films(store, tmp_path)
    run_id = start(store, number, copy)
    shutil.rmtree(copy)
    found = training.run_job(store, run_id)
    assert found is not None
    job = run_inline(store, found.job_id)
    assert job.category is FailureCategory.MISSING_MODEL
    assert "There is no folder" in (job.error or "")


def test_weights_that_are_cut_off(store: Store, tmp_path: Path, copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    run = failed(store, make_films(store, tmp_path), copy)
    assert run.category is FailureCategory.MISSING_MODEL
    assert "safetensors" in (run.error or "")


def test_weights_that_are_no_numbers(store: Store, tmp_path: Path, copy: Path) -> None:
    from safetensors.numpy import load_file, save_file

    path = copy / "model.safetensors"
    broken = {name: np.full_like(array, np.nan) for name, array in load_file(path).items()}
    save_file(broken, path, metadata={"format": "pt"})
    run = failed(store, make_films(store, tmp_path), copy)
    assert "no longer a number" in (run.error or "")


def test_weights_that_only_a_pickle_holds_are_refused_before_the_start(
    store: Store, tmp_path: Path, copy: Path
) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    number = make_films(store, tmp_path)
    with pytest.raises(Invalid, match=r"pytorch_model\.bin, a format that can run code"):
        start(store, number, copy)
    assert training.list_runs(store, number) == []


def test_one_label_only_is_refused_before_the_start(
    store: Store, tmp_path: Path, backbone: Path
) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    rows = (("a refund", "refund", "train"), ("my refund", "refund", "train"))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    with pytest.raises(Invalid, match="at least two different labels"):
        start(store, number, backbone)


def test_nothing_to_learn_from_is_refused_before_the_start(
    store: Store, tmp_path: Path, backbone: Path
) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    rows = (("a refund", "", "train"), ("my refund", "", "train"))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    with pytest.raises(Invalid, match="No train document has a label"):
        start(store, number, backbone)


def test_texts_without_a_word_still_make_a_model(
    store: Store, tmp_path: Path, backbone: Path
) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    rows = (("?", "refund", "train"), ("!", "delivery", "train"), ("...", "refund", "dev"))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    run_id = start(store, number, backbone)
    found = training.run_job(store, run_id)
    assert found is not None
    assert run_inline(store, found.job_id).error is None
    assert training.get_run(store, run_id).state is JobState.SUCCEEDED


def doctor(home: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: v for name, v in os.environ.items() if not name.startswith("STUDIO_")}
    return subprocess.run(
        (sys.executable, "-m", "studio", "doctor"),
        cwd=ROOT,
        env={**environment, "STUDIO_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_doctor_is_content_with_a_good_home(tmp_path: Path) -> None:
    found = doctor(tmp_path / "home")
    assert found.returncode == 0, found.stdout
    assert "can be written" in found.stdout


def test_the_doctor_says_what_is_wrong_with_a_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    found = doctor(home)
    assert found.returncode == 1
    said = " ".join((found.stdout + found.stderr).split())
    assert "cannot be written" in said
    assert "Set STUDIO_HOME to a folder of yours." in said
    assert "Traceback" not in said
