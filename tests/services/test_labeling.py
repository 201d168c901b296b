from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.core.annotations import AnnotationStatus, Answer
from studio.core.errors import Conflict, Forbidden, Invalid, NotFound
from studio.core.intervals import wilson
from studio.services import (
    applying,
    importing,
    labeling,
    review,
    selections,
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
    assert (rows["says_refund"].right, rows["says_refund"].n_gold) == (2, 2)
    assert rows["says_refund"].interval == wilson(2, 2)
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


def test_a_function_that_is_off_is_held_against_those_that_are_on(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    rows = {row.function.name: row for row in labeling.list_functions(store, number)}
    parcel = rows["says_parcel"].function.lf_id
    assert parcel is not None
    labeling.set_enabled(store, ME, parcel, False)
    rows = {row.function.name: row for row in labeling.list_functions(store, number)}
    assert rows["says_parcel"].summary.conflicts == pytest.approx(0.1)
    assert rows["says_refund"].summary.conflicts == 0.0
    assert rows["says_parcel"].summary.n_gold == 4


def test_an_answer_changes_what_gold_says_of_a_function(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    answer = Answer("key", 9, 0, AnnotationStatus.SUBMITTED)
    review.submit(store, ME, number, [answer])
    rows = {row.function.name: row.summary for row in labeling.list_functions(store, number)}
    assert (rows["says_refund"].right, rows["says_refund"].n_gold) == (3, 3)
    assert (rows["says_parcel"].right, rows["says_parcel"].n_gold) == (4, 5)


def test_a_row_says_when_its_function_ran_last(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    before = datetime.now(UTC) - timedelta(seconds=2)
    add_keyword(store, number, "f", "refund", "refund")
    assert labeling.list_functions(store, number)[0].last_run is None
    do(store, applying.start_apply(store, ME, number))
    last_run = labeling.list_functions(store, number)[0].last_run
    assert last_run is not None
    assert before < last_run < datetime.now(UTC) + timedelta(seconds=2)


def test_the_vote_on_a_document_is_marked_by_gold(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    wrong = add_keyword(store, number, "says_my", "refund", "my")
    ids = {f.name: f.lf_id for f in store.functions.list(number)}
    assert labeling.vote_on(store, number, 4)[wrong] == (-1, "not applied")
    do(store, applying.start_apply(store, ME, number))
    on_gold, without = labeling.vote_on(store, number, 4), labeling.vote_on(store, number, 9)
    assert on_gold[wrong] == (0, "wrong")
    assert on_gold[ids["says_parcel"]] == (1, "right")
    assert on_gold[ids["says_refund"]] == (-1, "abstains")
    assert without[ids["says_parcel"]] == (1, "voted")


def test_a_vote_on_a_document_that_is_not_there_is_refused(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(NotFound, match="no document 10"):
        labeling.vote_on(store, number, 10)


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
    line = broken.faults[0].line
    assert line is not None
    assert 'index("parcel")' in broken.function.options["code"].splitlines()[line - 1]
    assert broken.faults[0].doc_id == 0
    assert broken.function.lf_id is not None
    assert labeling.vote_on(store, number, 0)[broken.function.lf_id] == (-1, "fault")
    assert selections.resolve(store, number, f"lf:{broken.function.lf_id}:faults").tolist() == [
        0,
        1,
        2,
    ]


def test_every_number_leads_to_its_documents(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    ids = {f.name: f.lf_id for f in store.functions.list(number)}
    expected = {
        f"lf:{ids['says_refund']}": [0, 2, 9],
        f"lf:{ids['says_parcel']}:conflicts": [9],
        f"lf:{ids['says_parcel']}:wrong": [],
        "uncovered": [8],
        f"pair:{ids['says_refund']}:{ids['says_parcel']}:overlap": [9],
        f"pair:{ids['says_refund']}:{ids['says_money']}:conflict": [],
        "gold:1": [4, 5, 6, 7],
    }
    for selection, documents_ in expected.items():
        assert selections.resolve(store, number, selection).tolist() == documents_
        assert selections.describe(store, number, selection)


@pytest.mark.parametrize(
    "selection", ["", "nonsense", "lf:x", "lf:1:odd", "cell:1", "pair:1:2", "pair:1:2:odd"]
)
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


@pytest.mark.slow
def test_editing_one_function_of_a_module_computes_that_one_only(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    do(store, labeling.start_save_code(store, ME, number, CODE))
    assert do(store, applying.start_apply(store, ME, number))["computed"] == 2
    do(store, labeling.start_save_code(store, ME, number, CODE.replace('"back"', '"money"')))
    versions = {f.name: f.version for f in store.functions.list(number)}
    assert versions == {"says_back": 2, "breaks_on_nice": 1}
    assert do(store, applying.start_apply(store, ME, number))["computed"] == 1
