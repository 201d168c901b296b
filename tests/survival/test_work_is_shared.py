"""One project's runaway functions do not keep the others waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.functions import LabelingFunction
from studio.core.jobs import JobState
from studio.core.settings import Settings
from studio.jobs.queue import cancel
from studio.services import applying, trying
from studio.storage.store import Store
from tests.conftest import sqlite_settings
from tests.jobs.processes import wait_for_end, wait_until
from tests.services.helpers import ME, add_keyword, make_project
from tests.survival.living import working

pytestmark = pytest.mark.slow

ENDLESS = "def f(x):\n    while True: pass\n"
N_ENDLESS = 12
"""Each is stopped after ten documents of a second: one after the other, two minutes."""


def test_an_endless_function_delays_no_other_project(tmp_path: Path) -> None:
    settings: Settings = sqlite_settings(tmp_path / "home")
    store = Store.open(settings)
    try:
        stuck, other = make_project(store, tmp_path, "Stuck"), make_project(store, tmp_path)
        for number in range(N_ENDLESS):
            options = {"code": f"{ENDLESS}# {number}\n", "function": "f"}
            store.functions.add(stuck, LabelingFunction(f"f{number}", "python", options), "ada")
        add_keyword(store, other, "says_refund", "refund", "refund")
        with working(settings, tmp_path / "worker.log"):
            endless = applying.start_apply(store, ME, stuck)
            queued = applying.start_apply(store, ME, stuck)
            wait_until(lambda: store.jobs.get(endless).state is JobState.RUNNING, 60)
            mine = applying.start_apply(store, ME, other)
            trial = trying.start_try(
                store, ME, other, kind="python", options={"code": "def g(x): return 0"}
            )
            assert wait_for_end(store, mine).state is JobState.SUCCEEDED
            assert wait_for_end(store, trial).state is JobState.SUCCEEDED
            # The runaway still runs, and what waits behind it is of its own project.
            assert store.jobs.get(endless).state is JobState.RUNNING
            assert store.jobs.get(queued).state is JobState.QUEUED
            cancel(store, queued)
            cancel(store, endless)
            assert wait_for_end(store, endless).state is JobState.CANCELED
    finally:
        store.close()
