from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.jobs.queue import run_inline
from studio.services import applying, labeling, weak_labels
from studio.storage.store import Store
from tests.services.helpers import ME, add_keyword, do, label_project, make_project


def test_majority_is_scored_on_each_split_with_gold(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    (row,) = weak_labels.list_fits(store, number)
    assert row.chosen
    assert row.coverage == pytest.approx(0.9)
    assert row.scores[Split.TEST].accuracy == 1.0
    assert row.scores[Split.TEST].n == 2


@pytest.mark.slow
def test_a_label_model_brings_majority_along(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    do(store, weak_labels.start_fit(store, ME, number, name="snorkel"))
    rows = weak_labels.list_fits(store, number)
    assert [row.fit.name for row in rows] == ["snorkel", "majority"]
    assert rows[0].chosen
    weak_labels.choose_fit(store, ME, number, rows[1].fit.fit_id)
    assert weak_labels.list_fits(store, number)[0].fit.name == "majority"


def test_the_same_seed_gives_the_same_weak_labels(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    first = weak_labels.current(store, number)
    do(store, weak_labels.start_fit(store, ME, number, name="majority"))
    second = weak_labels.current(store, number)
    assert first is not None
    assert second is not None
    assert (first.probs == second.probs).all()


def test_switching_a_function_off_makes_the_fit_stale(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    lf_id = store.functions.list(number)[0].lf_id
    assert lf_id is not None
    labeling.set_enabled(store, ME, lf_id, False)
    assert weak_labels.list_fits(store, number)[0].stale


def test_fitting_without_functions_says_what_to_do(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Invalid, match="Write one"):
        weak_labels.start_fit(store, ME, number)


def test_functions_that_never_vote_fail_with_a_sentence(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    add_keyword(store, number, "silent", "refund", "zebra")
    do(store, applying.start_apply(store, ME, number))
    job_id = weak_labels.start_fit(store, ME, number, name="majority")
    run_inline(store, job_id)
    assert "broader" in str(store.jobs.get(job_id).error)
