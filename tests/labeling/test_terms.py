from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.labeling import portions
from studio.labeling.folding import fold
from studio.labeling.patterns import _found_in, compile_pattern, word_pattern
from studio.labeling.terms import TermFinder

letters = "abA_é .好K\u212aςσ"
terms = st.lists(st.text(letters, min_size=1, max_size=3), min_size=1, max_size=4, unique=True)
texts = st.lists(st.none() | st.text(letters, max_size=8), max_size=6)


@settings(max_examples=60, deadline=None)
@given(texts=texts, found_by=terms, whole=st.booleans(), case=st.booleans())
def test_terms_are_found_where_re2_finds_them(
    texts: list[str | None], found_by: list[str], whole: bool, case: bool
) -> None:
    column = pa.array(["before", *texts], pa.large_string()).slice(1)
    finder = TermFinder(found_by, whole_words=whole, case_sensitive=case)
    rows, numbers = finder.pairs(column)
    expected = [
        (row, number)
        for row in range(len(texts))
        for number, term in enumerate(found_by)
        if _found_in(column.slice(row, 1), [word_pattern([term], whole_words=whole)], case)[0]
    ]
    assert list(zip(rows.tolist(), numbers.tolist(), strict=True)) == expected
    for row, text in enumerate(texts):
        assert bool(finder.spans(text or "")) == (row in rows)


def test_no_term_reaches_over_the_end_of_a_text() -> None:
    finder = TermFinder(["ab"])
    rows, _ = finder.pairs(pa.array(["a", "b", "", "ab", "xa", "b"], pa.large_string()))
    assert rows.tolist() == [3]


def test_parts_of_a_column_are_found_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    column = pa.array(["a good day", "", "x" * 50, "good", None, "no"] * 5, pa.large_string())
    finder = TermFinder(["good", "day", "no"], whole_words=True)
    whole = [part.tolist() for part in finder.pairs(column)]
    monkeypatch.setattr(portions, "MAX_BYTES", 12)
    assert len(list(portions.portions(column))) > 10
    assert [part.tolist() for part in finder.pairs(column)] == whole


def test_spans_count_characters_not_bytes() -> None:
    assert TermFinder(["外卖", "慢"]).spans("😀送外卖,慢!") == [(2, 4), (5, 6)]
    assert TermFinder(["a.a"], whole_words=True).spans("xa.a.a") == [(3, 6)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_folding_keeps_each_character_one_and_is_what_re2_does(text: str) -> None:
    folded = fold(pa.array([text], pa.large_string()))[0].as_py()
    assert len(folded) == len(text)
    assert fold(pa.array([folded], pa.large_string()))[0].as_py() == folded
    for before, after in zip(text, folded, strict=True):
        pattern = word_pattern([after], whole_words=False)
        assert compile_pattern(pattern, False).fullmatch(before) is not None
