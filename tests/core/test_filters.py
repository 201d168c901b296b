from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import Invalid
from studio.core.filters import (
    Agreement,
    CellCondition,
    CellTest,
    RunCondition,
    RunState,
    TextMode,
    VoteCondition,
    VoteState,
)

LABELS = st.lists(st.integers(-2, 80), max_size=4).map(tuple)
SHARE = st.floats(0, 1)
VOTES = st.builds(
    VoteCondition,
    lf_id=st.integers(0, 99),
    state=st.sampled_from([VoteState.VOTED, VoteState.WRONG, VoteState.RIGHT]),
    label=st.none() | st.integers(0, 9),
) | st.builds(VoteCondition, lf_id=st.integers(0, 99), state=st.just(VoteState.ABSTAINED))
RUNS = st.builds(
    RunCondition,
    run_id=st.integers(0, 99),
    state=st.sampled_from(RunState),
    label=st.none() | st.integers(0, 9),
)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
CELLS = (
    st.builds(
        CellCondition,
        column=st.text(),
        test=st.sampled_from([CellTest.EQUALS, CellTest.CONTAINS]),
        values=st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple),
    )
    | st.builds(CellCondition, column=st.text(), test=st.just(CellTest.BETWEEN), low=NUMBER)
    | st.builds(CellCondition, column=st.text(), test=st.just(CellTest.EMPTY))
)
FILTERS = st.builds(
    DocumentFilter,
    text=st.text(max_size=50),
    split=st.none() | st.sampled_from(Split),
    doc_ids=st.none() | st.lists(st.integers(0, 2**40), max_size=4).map(tuple),
    mode=st.sampled_from(TextMode),
    case=st.booleans(),
    negate=st.booleans(),
    gold=LABELS,
    weak=LABELS,
    confidence=st.none() | st.tuples(SHARE, SHARE).map(lambda pair: (min(pair), max(pair))),
    votes=st.lists(VOTES, max_size=3).map(tuple),
    agreement=st.none() | st.sampled_from(Agreement),
    runs=st.lists(RUNS, max_size=3).map(tuple),
    cells=st.lists(CELLS, max_size=3).map(tuple),
    selection=st.text(max_size=20),
)


@settings(deadline=None, max_examples=60)
@given(query=FILTERS)
def test_a_filter_comes_back_from_json_as_it_was(query: DocumentFilter) -> None:
    assert DocumentFilter.from_json(json.loads(json.dumps(query.to_json()))) == query


def test_only_what_is_set_is_written() -> None:
    assert DocumentFilter().to_json() == {}
    assert DocumentFilter("退款", Split.DEV).to_json() == {"text": "退款", "split": "dev"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tetx": "a"}, "'tetx' is wrong"),
        ({"split": "nope"}, "'split' is wrong"),
        ({"gold": ["x"]}, "'gold.0' is wrong"),
        ({"gold": [-9]}, "-9 is no gold label"),
        ({"votes": [{"lf_id": 1, "more": 2}]}, "'votes.0.more' is wrong"),
        ({"votes": [{"lf_id": 1, "state": "abstained", "label": 0}]}, "leave the label out"),
        ({"cells": [{"column": "city"}]}, "Nothing is asked of the column 'city'"),
        ({"cells": [{"column": "city", "test": "between"}]}, "has no end"),
        ({"confidence": [0.9, 0.1]}, "starts at 0.9, above its end 0.1"),
        ({"confidence": [float("nan"), 1]}, "must end in numbers"),
        ({"text": "x" * 1001}, "1,001 characters"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_part(
    values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        DocumentFilter.from_json(values)
