"""The benchmark runs and measures the same votes; how fast they are is not tested here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.labeling.sandbox import discover
from tests.benchmarks.documents import EDITED, FUNCTIONS, LABELS, make_documents
from tests.benchmarks.labeling_functions import _apart

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {
    "ratio_one",
    "ratio_all",
    "rerun_ratio",
    "declarative_ratio",
    "equal",
    "peak_mb",
}


def test_documents_are_the_same_at_each_run_and_others_by_another_seed() -> None:
    assert make_documents(50) == make_documents(50)
    assert make_documents(50)["text"] != make_documents(50, seed=8)["text"]


def test_one_of_ten_functions_is_edited() -> None:
    before, after = dict(_apart(FUNCTIONS)), dict(_apart(EDITED))
    assert list(before) == list(after) == discover(FUNCTIONS, LABELS)
    assert len(before) == 10
    assert [name for name in before if before[name] != after[name]] == ["is_short"]


@pytest.mark.slow
def test_the_command_prints_what_is_promised() -> None:
    # A process of its own, because it steps back behind others for good.
    command = "-m studio bench lf --json --documents=1000 --million=1000 --rounds=1".split()
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) >= PROMISED
    assert found["equal"] is True
    assert all(found[name] > 0 for name in PROMISED - {"equal"})
