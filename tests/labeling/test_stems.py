from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
import re2
import snowballstemmer
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.labeling.kinds.keyword import KeywordOptions
from studio.labeling.stems import StemFinder
from tests.labeling.voting import vote

WORD = re2.compile(r"[\p{L}\p{N}\p{M}_]+")


@cache
def stem(word: str) -> str:
    return str(snowballstemmer.stemmer("english").stemWord(word.lower()))


def holds(text: str, phrase: str) -> bool:
    """The rule in plain Python: the stems of the phrase, one behind the other."""
    found = [stem(m.group()) for m in WORD.finditer(text)]
    wanted = [stem(m.group()) for m in WORD.finditer(phrase)]
    return any(found[i : i + len(wanted)] == wanted for i in range(len(found)))


def test_a_word_is_found_in_all_its_forms(tmp_path: Path) -> None:
    texts = ["Refunds!", "they REFUNDED me", "refunding", "a refund", "fund", "prerefund"]
    options = {"label": "spam", "keywords": ["refund"], "word_forms": "english"}
    assert vote(tmp_path, "keyword", texts, options).votes.tolist() == [1, 1, 1, 1, -1, -1]


def test_forms_are_those_of_the_language(tmp_path: Path) -> None:
    options = {"label": "spam", "keywords": ["Haus"], "word_forms": "german"}
    found = vote(tmp_path, "keyword", ["in den Häusern", "house", "Hauses"], options)
    assert found.votes.tolist() == [1, -1, 1]


def test_words_without_spaces_are_found_as_they_stand(tmp_path: Path) -> None:
    options = {"label": "spam", "keywords": ["外卖", "slow"], "word_forms": "english"}
    texts = ["送外卖很慢", "slows", "慢", None]
    assert vote(tmp_path, "keyword", texts, options).votes.tolist() == [1, 1, -1, -1]
    both = {**options, "match": "all"}
    texts = ["外卖 is slow", "外卖", "slow"]
    assert vote(tmp_path, "keyword", texts, both).votes.tolist() == [1, -1, -1]


words = st.sampled_from(["refund", "Refunded", "money", "moneys", "back", "backs", "good"])
joined = st.lists(words, min_size=1, max_size=3).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.lists(words, max_size=6).map(", ".join), max_size=4),
    phrases=st.lists(joined, min_size=1, max_size=3, unique=True),
)
def test_phrases_are_found_where_their_stems_follow_each_other(
    texts: list[str], phrases: list[str]
) -> None:
    finder = StemFinder(phrases, "english")
    rows, numbers = finder.pairs(pa.array(texts, pa.large_string()))
    expected = [
        (row, number)
        for row, text in enumerate(texts)
        for number, phrase in enumerate(phrases)
        if holds(text, phrase)
    ]
    assert list(zip(rows.tolist(), numbers.tolist(), strict=True)) == expected
    for row, text in enumerate(texts):
        spans = finder.spans(text)
        assert bool(spans) == (row in rows)
        assert all(text[s:e].strip(", ") == text[s:e] for s, e in spans)


def test_spans_are_the_words_of_the_text() -> None:
    finder = StemFinder(["refund", "money back"], "english")
    assert finder.spans("Refunded: Money, backs") == [(0, 8), (10, 22)]


def test_functions_saved_before_there_were_forms_stay_what_they_were() -> None:
    options = KeywordOptions(label="spam", keywords=["a"])
    assert options.model_dump(mode="json") == {
        "label": "spam",
        "keywords": ["a"],
        "match": "any",
        "whole_words": False,
        "case_sensitive": False,
    }
    formed = KeywordOptions(label="spam", keywords=["a"], word_forms="french")
    assert formed.model_dump(mode="json")["word_forms"] == "french"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("match", ["any", "all"])
def test_many_keywords_are_found_as_few_are(tmp_path: Path, whole: bool, match: str) -> None:
    texts = ["alpha beta", "Alphabet", "beta", "x", None]
    few = {"label": "spam", "keywords": ["alpha", "beta"], "whole_words": whole, "match": match}
    fillers = [f"beta{i}" for i in range(600)] if match == "any" else []
    many = {**few, "keywords": ["alpha", "beta", *fillers]}
    assert (
        vote(tmp_path, "keyword", texts, many).votes.tolist()
        == vote(tmp_path, "keyword", texts, few).votes.tolist()
    )
