from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import Invalid
from studio.core.filters import CellCondition, CellTest, TextMode
from studio.storage.store import Store
from tests.storage.making import add_documents, batch, make_project

WORDS, REGEX = TextMode.WORDS, TextMode.REGEX


def matching(store: Store, project_id: int, **parts: object) -> list[int]:
    query = DocumentFilter(**parts)  # type: ignore[arg-type]
    found = store.documents.matching(project_id, query)
    assert found.dtype == np.bool_
    assert len(found) == store.documents.count(project_id)
    return np.flatnonzero(found).tolist()


def test_a_filter_narrows_by_text_and_split(any_store: Store) -> None:
    project_id = make_project(any_store, ["Free WÖRLD", "free", "a.b(c", "axb(c"])
    add_documents(any_store, project_id, ["wörld", "none"], split=1)

    def find(**parts: object) -> list[int]:
        return matching(any_store, project_id, **parts)

    assert find() == [0, 1, 2, 3, 4, 5]
    assert find(text="wörld") == [0, 4]
    assert find(text="wörld", case=True) == [4]
    assert find(text="WÖRLD", split=Split.DEV) == [4]
    assert find(text="a.b(") == [2]
    assert find(text="\ud800") == []
    assert find(text="free", negate=True) == [2, 3, 4, 5]
    assert find(negate=True) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("refund", [0, 1, 5]),
        ("REFUND late", [0]),
        ("late refund", [0]),
        ("fund", []),
        ("re_fund", [3]),
        ("élan", [4]),
        ("lan", []),
        (":)", [5]),
        ("a.b", [6]),
        ("退款", [7, 8]),
        ("退款 快", [8]),
        ("हिंदी", [9]),
        ("हिंद", []),
        ("  ", list(range(10))),
    ],
)
def test_all_whole_words_must_occur_in_any_order(
    store: Store, words: str, expected: list[int]
) -> None:
    texts = [
        "Refund: late!",
        "my refund",
        "refunds, refunded, prerefund",
        "re_fund",
        "d'élan",
        "refund:)",
        "a.b axb",
        "我要退款了",
        "快退款",
        "हिंदी",
    ]
    project_id = make_project(store, texts)
    assert matching(store, project_id, text=words, mode=WORDS) == expected


def test_capitals_count_in_whole_words_when_asked(store: Store) -> None:
    project_id = make_project(store, ["Refund", "refund"])
    assert matching(store, project_id, text="Refund", mode=WORDS) == [0, 1]
    assert matching(store, project_id, text="Refund", mode=WORDS, case=True) == [0]
    assert matching(store, project_id, text="Refund", mode=WORDS, negate=True) == []


def test_regular_expressions_search_and_refuse(store: Store) -> None:
    project_id = make_project(store, ["call 0123", "CALL me", "送餐45分钟"])
    assert matching(store, project_id, text=r"call\s\w", mode=REGEX) == [0, 1]
    assert matching(store, project_id, text=r"call\s\w", mode=REGEX, case=True) == [0]
    assert matching(store, project_id, text=r"\d+分", mode=REGEX) == [2]
    for pattern in ("(", "a(?=b)", "(?<!a)b", r"(a)\1", "*"):
        with pytest.raises(Invalid, match="not understood"):
            matching(store, project_id, text=pattern, mode=REGEX)


PIECES = st.text(st.sampled_from("abAB _-退.é"), min_size=1, max_size=6)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(PIECES, min_size=1, max_size=5), word=st.text("abé", min_size=1, max_size=2))
def test_whole_words_are_those_that_python_finds(
    store: Store, texts: list[str], word: str
) -> None:
    project_id = make_project(store, texts)
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    expected = [row for row, text in enumerate(texts) if pattern.search(text)]
    assert matching(store, project_id, text=word, mode=WORDS) == expected


def cells(store: Store, project_id: int, column: str, test: CellTest, **more: object) -> list[int]:
    condition = CellCondition(column, test, **more)  # type: ignore[arg-type]
    return matching(store, project_id, cells=(condition,))


def test_metadata_is_asked_by_value_part_range_and_emptiness(any_store: Store) -> None:
    project_id = make_project(any_store, ["no metadata"])
    first = batch(
        ["a", "b", "c", "d"],
        city=["Bonn", "Köln", "", None],
        stars=[1, 5, 3, None],
        price=["9.50", " 12 ", "free", None],
        score=[0.5, 1.0, float("nan"), None],
        vip=[True, False, None, True],
    )
    second = batch(["e"], city=["BONN am Rhein"], stars=pa.array([2.5]))
    with any_store.documents.open_writer(project_id) as writer:
        writer.write(first, np.zeros(4, np.int8))
        writer.write(second, np.zeros(1, np.int8))
        writer.commit()

    def find(column: str, test: CellTest, **more: object) -> list[int]:
        return cells(any_store, project_id, column, test, **more)

    assert find("city", CellTest.EQUALS, values=("Bonn", "Köln")) == [1, 2]
    assert find("city", CellTest.CONTAINS, values=("bonn", "öl")) == [1, 2, 5]
    assert find("city", CellTest.EMPTY) == [0, 3, 4]
    assert find("city", CellTest.FILLED) == [1, 2, 5]
    assert find("stars", CellTest.EQUALS, values=("5", "2.5", "many")) == [2, 5]
    assert find("stars", CellTest.BETWEEN, low=2.5) == [2, 3, 5]
    assert find("stars", CellTest.BETWEEN, low=1, high=3) == [1, 3, 5]
    assert find("price", CellTest.BETWEEN, high=12) == [1, 2]
    assert find("score", CellTest.EQUALS, values=("1.0", "0.5")) == [1, 2]
    assert find("score", CellTest.EMPTY) == [0, 3, 4, 5]
    assert find("vip", CellTest.EQUALS, values=("True",)) == [1, 4]
    assert find("nobody", CellTest.EMPTY) == [0, 1, 2, 3, 4, 5]
    assert find("nobody", CellTest.EQUALS, values=("x",)) == []


def test_values_of_a_column_are_choices_unless_there_are_too_many(store: Store) -> None:
    project_id = make_project(store, ["no metadata"])
    with store.documents.open_writer(project_id) as writer:
        made = batch(list("abcd"), city=["Bonn", "Köln", "Köln", None], name=list("wxyz"))
        writer.write(made, np.zeros(4, np.int8))
        writer.commit()
    assert store.documents.cell_counts(project_id, "city") == {"Köln": 2, "Bonn": 1}
    assert store.documents.cell_counts(project_id, "name", most=3) == {}
    assert store.documents.cell_counts(project_id, "nobody") == {}
