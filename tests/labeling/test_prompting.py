from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.prompting import AnswerMap, asks_for_text, fields_of, fill

SCHEMA = LabelSchema(("not_spam", "spam", "C", "C++"))


def test_a_prompt_is_filled_in_one_pass() -> None:
    rows = [{"text": "say {labels} and {n}", "n": 3}, {"text": None, "n": None}]
    prompt = 'One of {labels}: <{text}> ({n}) as {"label": …} {{n}}'
    assert fill(prompt, rows, ["yes", "no"], max_chars=100) == [
        'One of yes, no: <say {labels} and {n}> (3) as {"label": …} {3}',
        'One of yes, no: <> () as {"label": …} {}',
    ]


def test_long_values_are_cut() -> None:
    assert fill("{text}", [{"text": "abcdef"}], [], max_chars=4) == ["abcd"]


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert fields_of('{text} {"a": 1} {date sent} {labels}', ["text", "date sent"]) == (
        "text",
        "date sent",
    )
    with pytest.raises(Invalid, match=r"\{topic\}.*\{text\}, \{n\}, \{labels\}"):
        fields_of("{text} {topic}", ["text", "n"])


def test_a_prompt_must_show_the_text() -> None:
    assert asks_for_text("a {text}")
    assert not asks_for_text("a text")
    assert not asks_for_text("a {texts}")


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("spam", 1),
        (" Spam.\nbecause it sells", 1),
        ("**not spam**", 0),
        ("NOT-SPAM!", 0),
        ("\n\n  spam", 1),
        ("<think>it may be\nnot_spam</think>\nspam", 1),
        ("c", 2),
        ("C++", 3),
        ("c++ ", 3),
        ("C#", None),
        ("It is spam", None),
        ("", None),
        ("!!!", None),
    ],
)
def test_the_first_line_is_read_without_case_and_punctuation(
    answer: str, label: int | None
) -> None:
    assert AnswerMap.parse([], SCHEMA).read(answer) == label


def test_lines_say_what_answers_stand_for() -> None:
    answers = AnswerMap.parse(["yes = spam", "no=not_spam", "unsure =", "n/a = Abstain"], SCHEMA)
    assert list(answers.answers) == ["yes", "no", "unsure", "n/a"]
    assert [answers.read(a) for a in ("Yes.", "No", "unsure", "N/A", "spam")] == [
        1,
        0,
        ABSTAIN,
        ABSTAIN,
        None,
    ]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["spam"], "answer = label"),
        (["= spam"], "answer = label"),
        (["yes = eggs"], "eggs"),
        (["yes = spam", "yes = C"], "two labels"),
    ],
)
def test_a_line_that_says_no_answer_is_refused(lines: list[str], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        AnswerMap.parse(lines, SCHEMA)


@given(st.text(max_size=80))
def test_any_answer_is_a_label_or_none(answer: str) -> None:
    assert AnswerMap.parse([], SCHEMA).read(answer) in (None, 0, 1, 2, 3)


NAMES = st.text(alphabet="aAbß+-_ É你", min_size=1, max_size=6).filter(str.strip)


@given(st.lists(NAMES, min_size=2, max_size=9, unique_by=lambda name: name.strip().casefold()))
def test_names_that_differ_in_more_than_case_are_told_apart(names: list[str]) -> None:
    known = AnswerMap({name: index for index, name in enumerate(names)})
    assert [known.read(f" {name.casefold()} ") for name in names] == list(range(len(names)))
