"""Applying and importing outlive their worker: whole afterwards, never half, never twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.documents import ColumnMapping, Split
from studio.core.jobs import JobState
from studio.services import applying, documents, importing, labeling, projects
from studio.storage.store import Store
from tests.conftest import sqlite_settings
from tests.jobs.processes import wait_for_end, wait_until
from tests.services.helpers import ME, do
from tests.survival.living import LABELS, kill, make_films, working

pytestmark = pytest.mark.slow

N_ROWS = 100_000
CODE = """
import time
from snorkel.labeling import labeling_function

@labeling_function()
def thinks_long(x):
    time.sleep(0.04)
    return GOOD if "great" in x.text else BAD if "awful" in x.text else ABSTAIN

@labeling_function()
def counts_letters(x):
    time.sleep(0.02)
    return (GOOD, BAD, ABSTAIN)[len(x.text) % 3]
"""


def make_labeled_films(store: Store, folder: Path) -> int:
    number = make_films(store, folder)
    labeling.save_code(store, ME, number, CODE)  # the job would apply them at once
    return number


def wait_for_progress(store: Store, job_id: int, fraction: float) -> None:
    def far_enough() -> bool:
        job = store.jobs.get(job_id)
        assert not job.state.is_finished, job.error
        return job.progress > fraction

    wait_until(far_enough)


def test_votes_of_a_killed_worker_equal_those_of_an_undisturbed_one(
    store: Store, tmp_path: Path
) -> None:
    number = make_labeled_films(store, tmp_path)
    log = tmp_path / "worker.log"
    with working(store.settings, log) as worker:
        job_id = applying.start_apply(store, ME, number)
        wait_for_progress(store, job_id, 0.25)
        assert any("inside" in command for command in kill(worker))
    assert store.jobs.get(job_id).state is JobState.RUNNING
    with working(store.settings, log):
        assert wait_for_end(store, job_id).state is JobState.SUCCEEDED
    disturbed = labeling.vote_matrix(store, number)

    (tmp_path / "calm").mkdir()
    calm = Store.open(sqlite_settings(tmp_path / "calm" / "home"))
    try:
        other = make_labeled_films(calm, tmp_path / "calm")
        do(calm, applying.start_apply(calm, ME, other))
        undisturbed = labeling.vote_matrix(calm, other)
    finally:
        calm.close()
    assert disturbed.lf_names == undisturbed.lf_names == ("thinks_long", "counts_letters")
    assert set(np.unique(disturbed.votes)) == {-1, 0, 1}
    np.testing.assert_array_equal(disturbed.votes, undisturbed.votes)
    assert [row.faults for row in labeling.list_functions(store, number)] == [(), ()]


def write_many(folder: Path) -> Path:
    """Write documents of which every other one has gold, and a fifth each is dev and test."""
    path = folder / "many.csv"
    splits = ("train", "train", "train", "dev", "test")
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label,split\n")
        for row in range(N_ROWS):
            label = LABELS[row % 4 // 2] if row % 2 else ""
            file.write(f"document {row} says {row * 7919 % 1000},{label},{splits[row % 5]}\n")
    return path


def start_import(store: Store, number: int, path: Path) -> int:
    with path.open("rb") as stream:
        upload = importing.stage_upload(store, ME, number, name=path.name, stream=stream)
    return importing.start_import(
        store,
        ME,
        number,
        upload_id=upload.upload_id,
        format_name="csv",
        options={},
        mapping=ColumnMapping(text="text", label="label", split="split"),
    )


def test_an_import_that_is_killed_again_and_again_comes_in_whole_and_once(
    store: Store, tmp_path: Path
) -> None:
    number = projects.create_project(store, ME, name="Many", labels=list(LABELS))
    job_id = start_import(store, number, write_many(tmp_path))
    log = tmp_path / "worker.log"
    for fraction in (0.0, 0.6):
        with working(store.settings, log) as worker:
            wait_for_progress(store, job_id, fraction)
            kill(worker)
        assert store.documents.count(number) == 0
    with working(store.settings, log) as worker:
        # The hardest moment: files are in their places, and the transaction is open.
        wait_until(lambda: any(store.home.glob("projects/*/shards/*.arrow")))
        kill(worker)
    assert store.documents.count(number) in (0, N_ROWS)
    with working(store.settings, log):
        assert wait_for_end(store, job_id).state is JobState.SUCCEEDED
    assert store.documents.count(number) == N_ROWS
    assert documents.split_counts(store, number) == {
        Split.TRAIN: N_ROWS * 3 // 5,
        Split.DEV: N_ROWS // 5,
        Split.TEST: N_ROWS // 5,
    }
    gold = store.annotations.gold(number)
    expected = np.array([-1, 0, -1, 1], np.int16)[np.arange(N_ROWS) % 4]
    np.testing.assert_array_equal(gold, expected)
    last = store.documents.get(number, [N_ROWS - 1])[0]
    assert last.text == f"document {N_ROWS - 1} says {(N_ROWS - 1) * 7919 % 1000}"
    assert list((store.home / "uploads").iterdir()) == []
