"""The training process: its events, its stops, its deaths."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.errors import (
    FailureCategory,
    Invalid,
    NotFound,
    RunFailed,
    StudioError,
    Unavailable,
)
from studio.training.child import explain_failure
from studio.training.gate import check_reload
from studio.training.loading import load_classifier
from studio.training.process import child_environment, python_command
from tests.training.tiny import make_run, make_set

LONG = {"epochs": 100, "batch_size": 4, "learning_rate": 1e-4, "evaluations": 50}
SHORT = {"epochs": 4, "batch_size": 8, "learning_rate": 3e-3, "evaluations": 4}


class Child:
    """A real training process whose events are read one by one."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            python_command("studio.training.child", str(folder), *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
        )
        self.events: list[dict[str, Any]] = []

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Read events until one is as wanted."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if wanted(self.events[-1]):
                return
        raise AssertionError(f"No such event; the last are {self.events[-3:]}.")

    def rest(self) -> int:
        """Read all that comes; return the exit status."""
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            self.events += [json.loads(line) for line in stream]
        return self.process.wait()

    def named(self, name: str) -> list[tuple[int, float]]:
        """Return step and value of one metric."""
        return [
            (event["step"], round(event["value"], 6))
            for event in self.events
            if event["type"] == "metric" and event["name"] == name
        ]


def is_look(number: int) -> Callable[[dict[str, Any]], bool]:
    """Return whether an event is the given look at dev documents, once asked in turn."""
    seen = []

    def test(event: dict[str, Any]) -> bool:
        seen.append(event.get("name") == "dev_loss")
        return sum(seen) == number

    return test


@pytest.mark.slow
def test_a_run_tells_its_whole_story(backbone: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_set(), {**SHORT, "backbone": str(backbone)})
    child = Child(run)
    assert child.rest() == 0
    kinds = [event["type"] for event in child.events]
    assert kinds[0] == "phase"
    assert kinds[-1] == "done"
    names = {event.get("name") for event in child.events} - {None}
    assert {"train_loss", "learning_rate", "dev_loss", "dev_accuracy", "dev_macro_f1"} <= names
    last = [event for event in child.events if event["type"] == "progress"][-1]
    assert last["step"] == last["total"] == 24
    assert last["epoch"] == pytest.approx(4)
    assert last["eta"] == pytest.approx(0)
    looks = dict(child.named("dev_macro_f1"))
    assert looks[child.events[-1]["best_step"]] == max(looks.values())
    at = [event["at"] for event in child.events if event["type"] == "metric"]
    assert at == sorted(at)
    assert check_reload(run / "model", run / "data") <= 1e-4


@pytest.mark.slow
def test_a_finished_run_is_not_run_again(backbone: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_set(), {**SHORT, "backbone": str(backbone)})
    first, second = Child(run), None
    assert first.rest() == 0
    second = Child(run)
    assert second.rest() == 0
    assert second.events == first.events[-1:]


@pytest.mark.slow
def test_a_stop_keeps_the_best_state(backbone: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_set(), {**LONG, "backbone": str(backbone)})
    child = Child(run)
    child.until(is_look(3))
    child.process.send_signal(signal.SIGTERM)
    assert child.rest() == 0
    end = child.events[-1]
    assert end["type"] == "stopped"
    looks = dict(child.named("dev_macro_f1"))
    assert looks[end["best_step"]] == max(looks.values())
    assert max(looks) < 1200
    check_reload(run / "model", run / "data")
    training_set = make_set()
    probs = load_classifier(run / "model").predict_proba(training_set.dev_texts)
    from sklearn.metrics import f1_score

    found = f1_score(training_set.dev_labels, probs.argmax(axis=1), average="macro")
    assert found == pytest.approx(max(looks.values()), abs=1e-6)


@pytest.mark.slow
def test_a_stop_before_anything_was_learned_leaves_no_model(
    backbone: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", make_set(), {**LONG, "backbone": str(backbone)})
    child = Child(run)
    child.until(lambda event: event.get("message") == "Starting")
    child.process.send_signal(signal.SIGTERM)
    assert child.rest() == 0
    assert child.events[-1]["type"] == "stopped"
    assert not (run / "model").exists()


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_happened(backbone: Path, tmp_path: Path) -> None:
    options = {**SHORT, "epochs": 20, "evaluations": 20, "backbone": str(backbone)}
    whole = Child(make_run(tmp_path / "whole", make_set(), options))
    assert whole.rest() == 0
    run = make_run(tmp_path / "run", make_set(), options)
    killed = Child(run)
    killed.until(is_look(6))
    killed.process.kill()
    killed.rest()
    assert not (run / "model").exists()
    # What a kill in the middle of writing leaves behind.
    (run / "work" / "checkpoint-99999").mkdir()
    resumed = Child(run)
    assert resumed.rest() == 0
    first = resumed.named("dev_loss")[0][0]
    assert first > 6
    later = [point for point in whole.named("dev_loss") if point[0] >= first]
    np.testing.assert_allclose(resumed.named("dev_loss"), later, atol=1e-4)
    assert resumed.events[-1]["best_step"] == whole.events[-1]["best_step"]


@pytest.mark.slow
def test_the_best_of_a_killed_stop_can_still_be_kept(backbone: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_set(), {**LONG, "backbone": str(backbone)})
    killed = Child(run)
    killed.until(is_look(4))
    killed.process.kill()
    killed.rest()
    keeper = Child(run, "--keep-best")
    assert keeper.rest() == 0
    end = keeper.events[-1]
    assert end["type"] == "stopped"
    looks = dict(killed.named("dev_macro_f1"))
    # The last look may have come too late for its checkpoint.
    assert looks[end["best_step"]] >= max(list(looks.values())[:-1])
    assert not keeper.named("dev_loss")
    check_reload(run / "model", run / "data")


@pytest.mark.slow
def test_a_run_dies_with_its_parent(backbone: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_set(), {**LONG, "backbone": str(backbone)})
    starter = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({python_command('studio.training.child', str(run))!r},"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], stdout=subprocess.PIPE, env=child_environment()
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        while not list((run / "work").glob("checkpoint-*")):
            assert is_alive(pid)
            time.sleep(0.05)
        parent.kill()
    while is_alive(pid):
        time.sleep(0.05)
    assert not (run / "model").exists()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody has buried yet is dead all the same.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "category", "words"),
    [
        ({"method": "alchemy"}, "error in the code", "no training method 'alchemy'"),
        ({"options": {"epochs": 0}}, "bad data", "'epochs' is '0'"),
        ({"options": {"backbone": "no/such"}}, "gated or missing model", "HF_HUB_OFFLINE"),
        ({"training_set": "/nowhere"}, "bad data", "cannot be read"),
    ],
)
def test_a_failure_has_a_category_and_a_sentence(
    tmp_path: Path,
    spec: dict[str, Any],
    category: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rest = {name: value for name, value in spec.items() if name != "options"}
    run = make_run(tmp_path / "run", make_set(), spec.get("options", {}), **rest)
    child = Child(run)
    assert child.rest() == 1
    assert child.events[-1]["type"] == "error"
    assert child.events[-1]["category"] == category
    assert words in child.events[-1]["message"]
    assert not (run / "model").exists()


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (MemoryError(), FailureCategory.OUT_OF_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate"), FailureCategory.OUT_OF_MEMORY),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory"),
            FailureCategory.OUT_OF_MEMORY,
        ),
        (
            RuntimeError("NVML_SUCCESS == r INTERNAL ASSERT FAILED at x"),
            FailureCategory.OUT_OF_MEMORY,
        ),
        (Unavailable("x"), FailureCategory.MISSING_MODEL),
        (Invalid("x"), FailureCategory.BAD_DATA),
        (NotFound("x"), FailureCategory.CODE_ERROR),
        (RunFailed("x", FailureCategory.BAD_DATA), FailureCategory.BAD_DATA),
        (KeyError("x"), FailureCategory.CODE_ERROR),
    ],
)
def test_every_error_has_its_category(error: Exception, category: FailureCategory) -> None:
    found, sentence = explain_failure(error)
    assert found is category
    assert sentence == str(error) if isinstance(error, StudioError) else sentence.endswith(".")
