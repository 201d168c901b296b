"""What the parent makes of its training process; small scripts stand in for it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from studio.core.errors import FailureCategory, RunFailed
from studio.training import process
from tests.training.test_child import is_alive
from tests.training.tiny import make_run, make_set

SAY = "import json, os, signal, sys, time\ndef say(**e): print(json.dumps(e), flush=True)\n"
END = "say(type='done', seconds=2.5, texts_per_second=9.0, best_step=4)\n"
PID = "say(type='phase', message=str(os.getpid()))\n"


@pytest.fixture
def run_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs a script in place of the training process."""

    def run(script: str, **given: Any) -> tuple[process.Outcome, list[Mapping[str, Any]]]:
        monkeypatch.setattr(
            process, "python_command", lambda *_: [sys.executable, "-c", SAY + script]
        )
        events: list[Mapping[str, Any]] = []
        given = {"on_event": events.append, "should_stop": lambda: False, **given}
        return process.run(tmp_path, **given), events

    return run


@pytest.mark.slow
def test_a_real_run_ends_well(backbone: Path, tmp_path: Path) -> None:
    options = {"backbone": str(backbone), "epochs": 1}
    folder = make_run(tmp_path / "run", make_set(), options)
    events: list[Mapping[str, Any]] = []
    outcome = process.run(folder, on_event=events.append, should_stop=lambda: False)
    assert not outcome.stopped
    assert outcome.seconds > 0
    assert outcome.texts_per_second > 0
    assert json.loads((folder / "model" / "config.json").read_text())["label2id"] == {
        "bad": 0,
        "good": 1,
    }


@pytest.mark.slow
def test_a_stop_without_grace_keeps_the_best_all_the_same(backbone: Path, tmp_path: Path) -> None:
    options = {"backbone": str(backbone), "epochs": 100, "batch_size": 4, "evaluations": 50}
    folder = make_run(tmp_path / "run", make_set(), options)
    looks: list[Mapping[str, Any]] = []

    def watch(event: Mapping[str, Any]) -> None:
        if event.get("name") == "dev_loss":
            looks.append(event)

    outcome = process.run(folder, on_event=watch, should_stop=lambda: len(looks) > 2, grace=0.0)
    assert outcome.stopped
    assert outcome.best_step in [look["step"] for look in looks]
    assert (folder / "model" / "weft.json").exists()


def test_events_arrive_in_order(run_script: Any) -> None:
    outcome, events = run_script("say(type='phase', message='a')\n" + END)
    assert [event["type"] for event in events] == ["phase", "done"]
    assert outcome == process.Outcome(False, 2.5, 9.0, 4)


def test_a_reported_error_keeps_its_category_and_sentence(run_script: Any) -> None:
    with pytest.raises(RunFailed, match="No luck") as caught:
        run_script("say(type='error', category='bad data', message='No luck.')\nsys.exit(1)")
    assert caught.value.category is FailureCategory.BAD_DATA


@pytest.mark.parametrize(
    ("script", "category", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", FailureCategory.OUT_OF_MEMORY, "memory"),
        ("os.kill(os.getpid(), signal.SIGTERM)", FailureCategory.WORKER_DIED, "SIGTERM"),
        ("os.abort()", FailureCategory.WORKER_DIED, "SIGABRT"),
        ("sys.exit('the tail')", FailureCategory.CODE_ERROR, "code 1.*the tail"),
        ("", FailureCategory.CODE_ERROR, "without a word.*log is empty"),
    ],
)
def test_a_death_has_a_category(
    run_script: Any, script: str, category: FailureCategory, words: str
) -> None:
    with pytest.raises(RunFailed, match=words) as caught:
        run_script(script)
    assert caught.value.category is category


@pytest.mark.slow
def test_a_stop_is_asked_for_politely(run_script: Any) -> None:
    script = (
        "signal.signal(signal.SIGTERM, lambda *_: (say(type='stopped', seconds=1,"
        " texts_per_second=0, best_step=0), sys.exit(0)))\n"
        "say(type='phase', message='ready')\ntime.sleep(600)"
    )
    events: list[Mapping[str, Any]] = []
    outcome, _ = run_script(script, on_event=events.append, should_stop=lambda: bool(events))
    assert outcome == process.Outcome(True, 1.0)


@pytest.mark.slow
def test_who_does_not_stop_is_killed_with_all_that_it_started(run_script: Any) -> None:
    script = (
        "import subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal, time;"
        " signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'],"
        " stdout=subprocess.DEVNULL)\n"
        "say(type='phase', message=str(child.pid))\ntime.sleep(600)"
    )
    events: list[Mapping[str, Any]] = []
    outcome, _ = run_script(
        script, on_event=events.append, should_stop=lambda: bool(events), grace=0.5
    )
    assert outcome == process.Outcome(True)
    # The kernel may need a moment to bury the grandchild.
    while is_alive(int(events[0]["message"])):
        time.sleep(0.01)


@pytest.mark.slow
def test_nothing_runs_on_when_the_follower_fails(run_script: Any) -> None:
    seen: list[int] = []

    def fail(event: Mapping[str, Any]) -> None:
        seen.append(int(event["message"]))
        raise KeyError("database gone")

    with pytest.raises(KeyError, match="database gone"):
        run_script(PID + "time.sleep(600)", on_event=fail)
    assert not is_alive(seen[0])
    assert seen[0] != os.getpid()


def test_noise_on_standard_output_is_not_an_event(run_script: Any) -> None:
    outcome, events = run_script("print('hello'); print('{broken'); print('[1]')\n" + END)
    assert outcome.best_step == 4
    assert len(events) == 1
