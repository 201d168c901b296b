from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Conflict, Forbidden, Invalid
from studio.services import (
    applying,
    importing,
    labeling,
    selections,
    trying,
    weak_labels,
)
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

CODE = """
from snorkel.labeling import labeling_function

@labeling_function()
def says_back(x):
    return REFUND if "back" in x.text else ABSTAIN

@labeling_function()
def breaks_on_nice(x):
    return DELIVERY if x.text.index("parcel") else ABSTAIN
"""


def test_summaries_agree_with_counting_by_hand(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    rows = {row.function.name: row.summary for row in labeling.list_functions(store, number)}
    assert rows["says_refund"].coverage == pytest.approx(0.3)
    assert rows["says_refund"].conflicts == pytest.approx(0.1)
    assert rows["says_refund"].accuracy == 1.0
    assert rows["says_refund"].n_gold == 2
    assert rows["says_parcel"].polarity == (1,)


def test_only_what_changed_is_computed(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    assert do(store, applying.start_apply(store, ME, number))["computed"] == 0
    lf_id = store.functions.list(number)[0].lf_id
    labeling.save_function(
        store,
        ME,
        number,
        kind="keyword",
        name="says_refund",
        options={"label": "refund", "keywords": ["refund", "refunds"]},
        lf_id=lf_id,
    )
    assert do(store, applying.start_apply(store, ME, number))["computed"] == 1


def test_new_documents_make_functions_stale_until_applied(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    assert not any(row.stale for row in labeling.list_functions(store, number))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path)))
    assert all(row.stale for row in labeling.list_functions(store, number))
    assert weak_labels.list_fits(store, number)[0].stale
    do(store, applying.start_apply(store, ME, number))
    assert not any(row.stale for row in labeling.list_functions(store, number))


def test_two_functions_of_one_name_are_refused(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    add_keyword(store, number, "f", "refund", "refund")
    with pytest.raises(Conflict, match="f"):
        add_keyword(store, number, "f", "refund", "money")


def test_a_label_that_is_not_there_is_refused(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Invalid, match="banana"):
        add_keyword(store, number, "f", "banana", "refund")


def test_a_viewer_may_not_write_functions(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Forbidden):
        labeling.save_function(
            store,
            GUEST,
            number,
            kind="keyword",
            name="f",
            options={"label": "refund", "keywords": ["a"]},
        )


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(Invalid, match="Line 2"):
        labeling.check_syntax("x = 1\ndef f(:\n")


@pytest.mark.slow
def test_python_functions_fault_where_they_fail_and_vote_elsewhere(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    assert do(store, labeling.start_save_code(store, ME, number, CODE))["saved"] == [
        "says_back",
        "breaks_on_nice",
    ]
    do(store, applying.start_apply(store, ME, number))
    rows = {row.function.name: row for row in labeling.list_functions(store, number)}
    assert rows["says_back"].summary.coverage == pytest.approx(0.2)
    assert rows["says_back"].faults == ()
    broken = rows["breaks_on_nice"]
    assert broken.summary.faults == 5
    assert broken.faults[0].exception == "ValueError"
    assert broken.faults[0].line == 10
    assert broken.faults[0].doc_id == 0
    assert selections.resolve(store, number, f"lf:{broken.function.lf_id}:faults").tolist() == [0]


@pytest.mark.slow
def test_a_trial_shows_hits_wrong_ones_first_and_saves_nothing(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    job_id = trying.start_try(
        store,
        ME,
        number,
        kind="keyword",
        options={"label": "delivery", "keywords": ["parcel", "money"]},
    )
    do(store, job_id)
    found = trying.result(store, job_id)
    assert found is not None
    trial = found[0]
    assert (trial.n_docs, trial.n_gold, trial.right) == (10, 6, 4)
    assert [hit.doc_id for hit in trial.hits[:2]] == [1, 3]
    start, end = trial.hits[0].spans[0]
    assert trial.hits[0].text[start:end] == "money"
    assert store.functions.list(number) == []


def test_every_number_leads_to_its_documents(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    ids = {f.name: f.lf_id for f in store.functions.list(number)}
    expected = {
        f"lf:{ids['says_refund']}": [0, 2, 9],
        f"lf:{ids['says_parcel']}:conflicts": [9],
        f"lf:{ids['says_parcel']}:wrong": [],
        "uncovered": [8],
        "gold:1": [4, 5, 6, 7],
    }
    for selection, documents_ in expected.items():
        assert selections.resolve(store, number, selection).tolist() == documents_
        assert selections.describe(store, number, selection)


@pytest.mark.parametrize("selection", ["", "nonsense", "lf:x", "lf:1:odd", "cell:1"])
def test_a_selection_that_is_not_understood_says_so(
    store: Store, tmp_path: Path, selection: str
) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    with pytest.raises(Invalid, match="not understood"):
        selections.resolve(store, number, selection)


@pytest.mark.slow
def test_the_decorator_is_known_without_its_import(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    code = (
        "@labeling_function()\ndef says_back(x):\n    return REFUND if 'back' in x.text else -1\n"
    )
    assert do(store, labeling.start_save_code(store, ME, number, code))["saved"] == ["says_back"]
