from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import Invalid
from studio.labeling.kinds.heuristic import HeuristicOptions
from studio.labeling.measures import MEASURES
from tests.labeling.voting import vote

TEXTS = ["", "Hi THERE 12!!", "很快，好吃！真的？", "see http://a.b/c or bit.ly/x, foo.com", None]


def holds(folder: Path, texts: list[str | None], columns: dict[str, Any], **options: Any) -> str:
    """Return a letter a document: x where the function votes, a dot where it does not."""
    found = vote(folder, "heuristic", texts, {"label": "spam", **options}, **columns)
    assert found.faults == ()
    return "".join("x" if v == 1 else "." for v in found.votes.tolist())


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [
        ("characters", "0", "x...."),
        ("characters", "13", ".x..."),
        ("words", "3", ".x..."),
        ("words", "6", "..x.."),
        ("words", "5", "...x."),
        ("digits in %", "0", "x.xx."),
        ("exclamation marks", "2", ".x..."),
        ("exclamation marks", "1", "..x.."),
        ("question marks", "1", "..x.."),
        ("links", "3", "...x."),
    ],
)
def test_a_property_is_what_a_person_counts(
    tmp_path: Path, measure: str, value: str, expected: str
) -> None:
    found = holds(tmp_path, TEXTS, {}, measure=measure, comparison="is", value=value)
    assert found == expected


@pytest.mark.parametrize(
    ("comparison", "value", "upper", "expected"),
    [
        ("at least", "2", "", ".xx"),
        ("at most", "2", "", "xx."),
        ("more than", "2", "", "..x"),
        ("less than", "2", "", "x.."),
        ("between", "1", "2", "xx."),
        ("is", "2.0", "", ".x."),
        ("is not", "2", "", "x.x"),
    ],
)
def test_numbers_compare(
    tmp_path: Path, comparison: str, value: str, upper: str, expected: str
) -> None:
    options = {"measure": "words", "comparison": comparison, "value": value, "upper": upper}
    assert holds(tmp_path, ["a", "a b", "a b c"], {}, **options) == expected


@pytest.mark.parametrize(
    ("text", "emoji", "run", "links"),
    [
        ("👍🏽👨‍👩‍👧 🇩🇪 ok ☺️", 4, 1, 0),
        ("soooo  \t   good!!!", 0, 4, 0),
        ("它它它", 0, 3, 0),
        ("v1.0, e.g. this.core", 0, 1, 0),
        ("WWW.X.DE https://y", 0, 3, 2),
        ("", 0, 0, 0),
    ],
)
def test_emoji_runs_and_links_are_counted(text: str, emoji: int, run: int, links: int) -> None:
    column = pa.array([text], pa.large_string())
    found = [MEASURES[name](column)[0] for name in ("emoji", "repeated character", "links")]
    assert found == [emoji, run, links]


def share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("aB1Ä٣。!?！ \u3000\n好é_.%", max_size=10), max_size=4))
def test_measures_equal_the_same_rule_in_python(texts: list[str]) -> None:
    def kinds_of(text: str, *categories: str) -> int:
        return sum(unicodedata.category(c).startswith(categories) for c in text)

    def words(text: str) -> int:
        marks = str.maketrans({"好": " 好 ", "。": " ", "！": " "})
        return len(text.translate(marks).split())

    def longest(text: str) -> int:
        runs = [len(text[i:]) - len(text[i:].lstrip(c)) for i, c in enumerate(text) if c.strip()]
        return max(runs, default=0)

    rules = {
        "characters": len,
        "words": words,
        "capitals in %": lambda t: share(kinds_of(t, "Lu"), kinds_of(t, "L")),
        "digits in %": lambda t: share(kinds_of(t, "Nd"), len(t)),
        "punctuation in %": lambda t: share(kinds_of(t, "P"), len(t)),
        "exclamation marks": lambda t: t.count("!") + t.count("！"),
        "question marks": lambda t: t.count("?"),
        "repeated character": longest,
    }
    column = pa.array(texts, pa.large_string())
    for name, rule in rules.items():
        assert MEASURES[name](column).tolist() == pytest.approx([rule(t) for t in texts]), name


@pytest.mark.parametrize(
    ("column", "comparison", "value", "expected"),
    [
        ("stars", "at least", "4", "x..."),
        ("stars", "is", "5.0", "x..."),
        ("stars", "is not", "5", ".x.."),
        ("stars", "is empty", "", "..xx"),
        ("price", "less than", "10", "x..."),
        ("price", "is", "1e1", ".x.."),
        ("price", "is", "N/A", "..x."),
        ("price", "does not contain", "9", ".xx."),
        ("price", "is not empty", "", "xxx."),
        ("town", "is", "köln ", "xx.."),
        ("town", "contains", "海", "..x."),
        ("shop", "is", "TRUE", "x..."),
        ("at", "contains", "2024-03", "x..."),
    ],
)
def test_a_column_compares_by_what_its_cells_hold(
    tmp_path: Path, column: str, comparison: str, value: str, expected: str
) -> None:
    columns = {
        "stars": [5.0, 3.0, float("nan"), None],
        "price": [" 9.99", "10", "n/a", "  "],
        "town": ["Köln", " KÖLN", "上海", ""],
        "shop": [True, False, None, None],
        "at": [datetime(2024, 3, 9), datetime(2024, 4, 9), None, None],
    }
    options = {"measure": "column", "column": column, "comparison": comparison, "value": value}
    assert holds(tmp_path, ["a", "b", "c", "d"], columns, **options) == expected


def test_a_column_that_is_not_there_abstains_with_a_fault(tmp_path: Path) -> None:
    options = {"label": 1, "measure": "column", "column": "star", "value": "1"}
    found = vote(tmp_path, "heuristic", ["a", "b"], options, stars=[1, 2])
    assert found.votes.tolist() == [-1, -1]
    (fault,) = found.faults
    assert "no column 'star'; they have external_id, text, stars" in fault.message
    assert fault.count == 2


def test_languages_are_named_by_their_codes(tmp_path: Path) -> None:
    texts: list[str | None] = ["送外卖", "hello", ""]
    options = {"measure": "language", "comparison": "is", "value": "ZH, ja"}
    assert holds(tmp_path, texts, {}, **options) == "x.."
    assert holds(tmp_path, texts, {}, **{**options, "comparison": "is not"}) == ".x."


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"measure": "words"}, "'value' is '': say what to compare with"),
        ({"value": "many"}, "'value' is 'many': it must be a number"),
        ({"value": "nan"}, "'value' is 'nan': it must be a number"),
        ({"comparison": "between", "value": "3"}, "'upper' is '': it must be a number"),
        (
            {"comparison": "between", "value": "3", "upper": "2"},
            "'upper' is '2': it must not be less than the value, 3",
        ),
        ({"comparison": "contains", "value": "3"}, "'comparison' is 'contains': the words can"),
        ({"measure": "column", "value": "3"}, "'column' is '': name the column"),
        (
            {"measure": "language", "comparison": "is", "value": "english"},
            "'value' is 'english': name languages by their two letters",
        ),
        (
            {"measure": "language", "comparison": "at least"},
            "the language can only be: is, is not",
        ),
        ({"measure": "size", "value": "1"}, "'measure' is 'size'"),
    ],
)
def test_options_that_make_no_sentence_are_refused(
    tmp_path: Path, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        vote(tmp_path, "heuristic", ["a"], {"label": "spam", **options})


def test_a_recipe_may_write_numbers_as_numbers() -> None:
    options = HeuristicOptions.model_validate({"label": 0, "measure": "words", "value": 5})
    assert options.value == "5"
    options = HeuristicOptions.model_validate(
        {"label": 0, "measure": "column", "column": "paid", "comparison": "is", "value": True}
    )
    assert options.value == "true"
