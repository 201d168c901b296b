"""One labeling function that misbehaves costs its own documents and nobody else's."""

from __future__ import annotations

import pytest

from studio.core.functions import Fault
from studio.labeling.own_code import own_code
from studio.services import applying, labeling
from studio.storage.store import Store
from tests.conftest import sqlite_settings
from tests.services.helpers import ME, ROWS, do, make_project

pytestmark = pytest.mark.slow

CODE = """
from snorkel.labeling import labeling_function
@labeling_function()
def says_refund(x):
    return REFUND if "refund" in x.text else ABSTAIN

@labeling_function()
def never_ends(x):
    while x.text == "parcel lost again":
        pass
    return DELIVERY if "parcel" in x.text else ABSTAIN

@labeling_function()
def sleeps_for_ever(x):
    import time
    if x.text == "nice shop":
        time.sleep(3600)
    return REFUND

@labeling_function()
def raises_on_some(x):
    if "parcel" in x.text:
        raise KeyError("no parcel, please")
    return REFUND

@labeling_function()
def returns_seven(x):
    return 7 if "money" in x.text else REFUND

@labeling_function()
def returns_a_word(x):
    return "SPAM" if "money" in x.text else REFUND

@labeling_function()
def returns_nothing(x):
    if "money" not in x.text:
        return DELIVERY

@labeling_function()
def kills_itself(x):
    import os
    if x.text == "nice shop":
        os._exit(3)
    return DELIVERY
"""
TEXTS = [row[0] for row in ROWS]
NAMES = [line.split()[1].split("(")[0] for line in CODE.splitlines() if line.startswith("def ")]


def line_of(name: str, text: str) -> int:
    """Return where a line stands in the code that a function has of its own."""
    return own_code(CODE, name, NAMES).splitlines().index(text) + 1


def rows_with(word: str) -> list[int]:
    return [row for row, text in enumerate(TEXTS) if word in text]


def votes(label: int, but: list[int]) -> list[int]:
    """Return a vote for a label on all documents but some."""
    return [-1 if row in but else label for row in range(len(TEXTS))]


Applied = tuple[dict[str, list[int]], dict[str, Fault | None]]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """Votes and the only fault of each function, after one application of all."""
    folder = tmp_path_factory.mktemp("functions")
    store = Store.open(sqlite_settings(folder / "home"))
    try:
        number = make_project(store, folder)
        do(store, labeling.start_save_code(store, ME, number, CODE))
        do(store, applying.start_apply(store, ME, number))
        matrix = labeling.vote_matrix(store, number)
        found = {name: matrix.votes[:, i].tolist() for i, name in enumerate(matrix.lf_names)}
        faults: dict[str, Fault | None] = {}
        for row in labeling.list_functions(store, number):
            assert len(row.faults) <= 1
            assert not row.stale
            assert row.summary.faults == sum(fault.count for fault in row.faults)
            faults[row.function.name] = row.faults[0] if row.faults else None
        return found, faults
    finally:
        store.close()


def test_a_function_that_behaves_is_not_touched_by_its_neighbours(applied: Applied) -> None:
    found, faults = applied
    assert found["says_refund"] == [0 if "refund" in text else -1 for text in TEXTS]
    assert faults["says_refund"] is None


@pytest.mark.parametrize(
    ("name", "exception", "line", "failed", "votes_elsewhere"),
    [
        ("sleeps_for_ever", "TimeoutError", "        time.sleep(3600)", "nice shop", 0),
        ("raises_on_some", "KeyError", '        raise KeyError("no parcel, please")', "parcel", 0),
        ("returns_seven", "ValueError", None, "money", 0),
        ("returns_a_word", "TypeError", None, "money", 0),
        ("returns_nothing", "TypeError", None, "money", 1),
        ("kills_itself", "Killed", None, "nice shop", 1),
    ],
)
def test_what_fails_abstains_where_it_fails_and_says_where(
    applied: Applied,
    name: str,
    exception: str,
    line: str | None,
    failed: str,
    votes_elsewhere: int,
) -> None:
    found, faults = applied
    expected = rows_with(failed)
    assert found[name] == votes(votes_elsewhere, but=expected)
    fault = faults[name]
    assert fault is not None
    assert (fault.lf_name, fault.exception) == (name, exception)
    assert (fault.doc_id, fault.count) == (expected[0], len(expected))
    assert fault.line == (line_of(name, line) if line else None)
    assert fault.message


def test_an_endless_loop_costs_its_document_alone(applied: Applied) -> None:
    found, faults = applied
    stuck = TEXTS.index("parcel lost again")
    assert found["never_ends"] == [
        1 if "parcel" in text and row != stuck else -1 for row, text in enumerate(TEXTS)
    ]
    fault = faults["never_ends"]
    assert fault is not None
    assert (fault.exception, fault.doc_id, fault.count) == ("TimeoutError", stuck, 1)
    # The loop hangs in one of its two lines.
    loop = line_of("never_ends", '    while x.text == "parcel lost again":')
    assert fault.line in (loop, loop + 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [("returns_seven", "7"), ("returns_a_word", "str"), ("returns_nothing", "None")],
)
def test_an_answer_that_is_no_label_is_named(applied: Applied, name: str, words: str) -> None:
    fault = applied[1][name]
    assert fault is not None
    assert words in fault.message
