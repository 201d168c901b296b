from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.documents import DocumentFilter
from studio.core.errors import Forbidden, Invalid, NotFound
from studio.core.intervals import wilson
from studio.services import importing, pins, projects, slices, trying
from studio.services.trial_results import Trial
from studio.storage.store import Store
from tests.services.helpers import (
    GUEST,
    ME,
    add_keyword,
    do,
    label_project,
    make_project,
    source,
    write_rows,
)

PARCEL_OR_MONEY = {"label": "delivery", "keywords": ["parcel", "money"]}

CODE = """
@labeling_function()
def says_refund(x):
    return REFUND if "refund" in x.text else ABSTAIN

@labeling_function()
def breaks(x):
    return DELIVERY if x.text.index("parcel") >= 0 else ABSTAIN
"""


def run(store: Store, number: int, *, kind: str = "keyword", **how: Any) -> list[Trial]:
    options = how.pop("options", PARCEL_OR_MONEY)
    job_id = trying.start_try(store, ME, number, kind=kind, options=options, **how)
    assert trying.result(store, job_id) is None
    do(store, job_id)
    found = trying.result(store, job_id)
    assert found is not None
    return found


def ids(store: Store, trial: Trial, chip: str) -> list[int]:
    return [document.doc_id for document in trying.documents(store, trial, chip)[0]]


def test_figures_and_lists_agree_with_counting_by_hand(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    (trial,) = run(store, number)
    assert (trial.n_docs, trial.n_votes, trial.coverage) == (10, 7, 0.7)
    assert (trial.n_gold, trial.right, trial.interval) == (6, 4, wilson(4, 6))
    assert (trial.name, trial.tier) == (trying.UNNAMED, "declarative")
    assert trial.chips == {
        "hits": 7,
        "wrong": 2,
        "misses": 0,
        "flips": 7,
        "faults": 0,
        "pins": 0,
    }
    assert ids(store, trial, "hits") == [1, 3, 4, 5, 6, 7, 9]
    assert ids(store, trial, "wrong") == [1, 3]
    assert store.functions.list(number) == []


def test_a_document_shows_what_matched_and_what_gold_says(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    (trial,) = run(store, number)
    document = trying.documents(store, trial, "wrong")[0][0]
    assert (document.doc_id, document.vote, document.gold) == (1, 1, 0)
    assert [document.text[start:end] for start, end in document.spans] == ["money"]


def test_misses_are_gold_documents_of_its_labels(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    (trial,) = run(store, number, options={"label": "delivery", "keywords": ["lost"]})
    assert ids(store, trial, "misses") == [4, 6, 7]
    # It votes nowhere, but its options say what for.
    (trial,) = run(store, number, options={"label": "refund", "keywords": ["banana"]})
    assert ids(store, trial, "misses") == [0, 1, 2, 3]


def test_a_list_is_paged(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    (trial,) = run(store, number)
    found, total = trying.documents(store, trial, "hits", page=2, size=5)
    assert ([document.doc_id for document in found], total) == ([7, 9], 7)
    assert trying.documents(store, trial, "hits", page=9, size=5) == ([], 7)
    with pytest.raises(Invalid, match="no list 'odd'"):
        trying.documents(store, trial, "odd")


def test_the_pins_of_the_edited_function_are_run(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "says_parcel", "delivery", "parcel")
    pins.pin(store, ME, number, lf_id=lf_id, doc_id=4, label=1)
    pins.pin(store, ME, number, lf_id=lf_id, doc_id=1, label=None)
    (trial,) = run(store, number, lf_id=lf_id)
    assert (trial.name, trial.chips["pins"], trial.n_pins_broken) == ("says_parcel", 2, 1)
    broken, kept = trying.documents(store, trial, "pins")[0]
    assert (broken.doc_id, broken.vote, kept.doc_id) == (1, 1, 4)
    assert broken.pin is not None
    assert broken.pin.label is None


def test_pinned_documents_are_run_also_when_the_sample_leaves_them_out(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "says_parcel", "delivery", "parcel")
    for doc_id in range(10):
        pins.pin(store, ME, number, lf_id=lf_id, doc_id=doc_id, label=1)
    (trial,) = run(store, number, lf_id=lf_id, sample_size=4)
    assert (trial.n_docs, trial.chips["pins"], trial.n_pins_broken) == (4, 10, 3)


def test_a_trial_on_a_slice_sees_its_documents_only(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    saved = slices.save(store, ME, number, name="lost", query=DocumentFilter(text="lost"))
    (trial,) = run(store, number, slice_id=saved.slice_id)
    assert (trial.n_docs, ids(store, trial, "hits")) == (2, [5, 9])


def test_half_of_a_small_sample_is_gold_and_flips_rest_on_all_documents(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    rows = tuple((f"nice text {i}", "", "train") for i in range(90))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    (trial,) = run(store, number, sample_size=12, options={"label": "refund", "keywords": ["e"]})
    gold = store.annotations.gold(number)
    shown = [
        d.doc_id for chip in ("hits", "misses") for d in trying.documents(store, trial, chip)[0]
    ]
    assert trial.n_docs == 12
    assert int((gold[np.unique(shown)] != -1).sum()) >= 6
    assert trial.flips is not None
    assert trial.flips.n_docs == 100
    again = run(store, number, sample_size=12, options={"label": "refund", "keywords": ["e"]})
    assert again[0].listed == trial.listed


@pytest.mark.slow
def test_each_function_of_the_code_is_tried_with_its_faults(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "says_refund", "refund", "refund")
    pins.pin(store, ME, number, lf_id=lf_id, doc_id=9, label=None)
    good, broken = run(store, number, kind="python", options={"code": CODE})
    assert (good.name, ids(store, good, "hits"), good.n_pins_broken) == (
        "says_refund",
        [0, 2, 9],
        1,
    )
    assert (broken.name, broken.chips["faults"]) == ("breaks", 5)
    document = trying.documents(store, broken, "faults")[0][0]
    assert document.vote is None
    assert document.fault is not None
    assert document.fault.startswith("ValueError in line 8:")


def test_what_cannot_be_tried_is_refused(store: Store, tmp_path: Path) -> None:
    empty = projects.create_project(store, ME, name="Empty", labels=["refund", "delivery"])
    with pytest.raises(Invalid, match="no documents"):
        trying.start_try(store, ME, empty, kind="keyword", options=PARCEL_OR_MONEY)
    number = make_project(store, tmp_path)
    with pytest.raises(NotFound, match="no labeling function 7"):
        trying.start_try(store, ME, number, kind="keyword", options=PARCEL_OR_MONEY, lf_id=7)
    with pytest.raises(Invalid, match="Line 1"):
        trying.start_try(store, ME, number, kind="python", options={"code": "def f(:"})
    with pytest.raises(Forbidden):
        trying.start_try(store, GUEST, number, kind="keyword", options=PARCEL_OR_MONEY)
