from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import Invalid
from studio.core.functions import LabelingFunction
from studio.core.schema import LabelSchema
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking, kinds
from studio.labeling.kinds.keyword import Keyword, KeywordOptions
from tests.labeling.shards import write_shard


def votes(tmp_path: Path, texts: list[str | None], **options: Any) -> list[int]:
    shard = write_shard(tmp_path / "k.arrow", texts)
    function = LabelingFunction("k", "keyword", {"label": 1, **options})
    return list(apply_function(function, shard, Asking(LabelSchema(("ham", "spam")))).votes)


def test_one_keyword_is_enough_unless_all_are_asked(tmp_path: Path) -> None:
    texts: list[str | None] = ["check my song", "CHECK", "my", "else"]
    assert votes(tmp_path, texts, keywords=["check", "my"]) == [1, 1, 1, -1]
    assert votes(tmp_path, texts, keywords=["check", "my"], match="all") == [1, -1, -1, -1]


def test_whole_words_stand_alone_in_any_script(tmp_path: Path) -> None:
    texts: list[str | None] = [
        "my",
        "on my, way",
        "army",
        "myé",
        "my_x",
        "my9",
        "(MY)",
        "myself my",
    ]
    found = votes(tmp_path, texts, keywords=["my"], whole_words=True)
    assert found == [1, 1, -1, -1, -1, -1, 1, 1]


def test_case_counts_only_if_asked(tmp_path: Path) -> None:
    texts: list[str | None] = ["US", "us", "ÉTÉ", "été"]
    assert votes(tmp_path, texts, keywords=["us", "été"]) == [1, 1, 1, 1]
    assert votes(tmp_path, texts, keywords=["us", "été"], case_sensitive=True) == [-1, 1, -1, 1]


def test_signs_in_keywords_mean_themselves(tmp_path: Path) -> None:
    texts: list[str | None] = ["a.b", "axb", "c++", "(x", "好吃"]
    assert votes(tmp_path, texts, keywords=["a.b", "c++", "(x", "好"]) == [1, -1, 1, 1, 1]


def test_a_missing_text_is_abstained_on(tmp_path: Path) -> None:
    assert votes(tmp_path, [None, "check"], keywords=["check"]) == [-1, 1]


@pytest.mark.parametrize("keywords", [[], ["", "  "]])
def test_no_keyword_is_refused(tmp_path: Path, keywords: list[str]) -> None:
    with pytest.raises(Invalid, match="'keywords'"):
        votes(tmp_path, ["a"], keywords=keywords)


def test_spans_join_where_keywords_overlap() -> None:
    options = KeywordOptions(label=0, keywords=["check it", "it out", "you"])
    assert Keyword().matches("Check it out, you!", options) == [(0, 12), (14, 17)]


words = st.text(alphabet="ab_é ", min_size=1, max_size=3).filter(lambda w: w.strip())


@given(
    text=st.text(alphabet="abAB_é .", max_size=12),
    keywords=st.lists(words, min_size=1, max_size=3),
    whole=st.booleans(),
    case=st.booleans(),
)
def test_a_text_has_spans_exactly_if_it_is_voted_on(
    text: str, keywords: list[str], whole: bool, case: bool
) -> None:
    import pyarrow as pa

    from studio.labeling.patterns import _found_in, word_pattern

    options = KeywordOptions(label=0, keywords=keywords, whole_words=whole, case_sensitive=case)
    pattern = word_pattern(options.keywords, whole_words=whole)
    is_found = bool(_found_in(pa.array([text]), [pattern], case)[0])
    assert is_found == bool(kinds.get("keyword")().matches(text, options))


def test_spans_of_all_keywords_are_shown_where_all_are_there() -> None:
    options = KeywordOptions(label=0, keywords=["外卖", "慢"], match="all")
    assert Keyword().matches("外卖很慢", options) == [(0, 2), (3, 4)]
    assert Keyword().matches("外卖很快", options) == []


def test_a_whole_word_behind_a_false_one_is_marked() -> None:
    options = KeywordOptions(label=0, keywords=["a.a"], whole_words=True)
    assert Keyword().matches("xa.a.a", options) == [(3, 6)]
