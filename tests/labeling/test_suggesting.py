from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.functions import LabelingFunction
from studio.labeling.base import kinds
from studio.labeling.suggesting import (
    alike,
    choose,
    grams_of,
    name_for,
    needs_whole_words,
    telling_phrases,
)


def test_phrases_of_words_follow_each_other_with_one_space() -> None:
    assert grams_of("Money back, NOW please") == {
        ("money", True),
        ("back", True),
        ("money back", True),
        ("now", True),
        ("please", True),
        ("now please", True),
    }


def test_phrases_of_a_script_without_spaces_are_characters() -> None:
    assert grams_of("很好吃") == {("很好", False), ("好吃", False), ("很好吃", False)}


def test_scripts_in_one_text_keep_apart() -> None:
    found = grams_of("送餐 very fast")
    assert ("送餐", False) in found
    assert ("very fast", True) in found
    assert not any("送餐" in gram and " " in gram for gram, _ in found)


def test_numbers_and_single_letters_are_no_phrases() -> None:
    assert grams_of("a 1 22") == {("a 1", True), ("a 1 22", True)}


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from("ab é’-好吃不\u0301 ."), max_size=14))
def test_a_phrase_of_a_text_is_found_in_it_by_the_kind(text: str) -> None:
    kind = kinds.get("keyword")
    for gram, whole_words in grams_of(text):
        options = kind.Options.model_validate(
            {"label": "a", "keywords": [gram], "whole_words": whole_words}
        )
        assert kind().matches(text, options), gram


def test_telling_phrases_speak_for_one_label_and_count_documents() -> None:
    texts = ["refund me refund", "a refund", "refund my parcel", "my parcel", "lost parcel"]
    gold = np.array([0, 0, 0, 1, 1], np.int16)
    found = {p.text: p for p in telling_phrases(texts, gold, 2, most=50)}
    assert (found["refund"].label, found["refund"].right, found["refund"].n) == (0, 3, 3)
    assert "parcel" not in found  # 2 of 3 is too little
    assert "lost" not in found  # one document says nothing


def test_where_all_gold_is_one_label_no_phrase_tells() -> None:
    assert telling_phrases(["a word", "a word"], np.zeros(2, np.int16), 2, most=5) == []


def test_each_label_has_its_best_phrase_before_any_has_its_second() -> None:
    texts = ["xx yy"] * 9 + ["zz"] * 2 + ["other"] * 3
    gold = np.array([0] * 9 + [1] * 2 + [0] * 3, np.int16)
    found = telling_phrases(texts, gold, 2, most=2)
    assert [phrase.label for phrase in found] == [0, 1]


def bits(*rows: int, n: int = 10) -> np.ndarray:
    mask = np.zeros(n, np.bool_)
    mask[list(rows)] = True
    return mask


def test_the_choice_goes_for_new_documents_and_leaves_out_copies() -> None:
    masks = [bits(0, 1, 2, 3), bits(0, 1, 2, 3), bits(4, 5), bits(9)]
    uncovered = ~bits(9)
    assert choose(masks, [0.8, 0.9, 0.5, 0.9], uncovered, most=4) == [1, 2]


def test_a_surer_candidate_wins_among_equal_ones() -> None:
    assert choose([bits(0), bits(1)], [0.3, 0.6], bits(0, 1), most=1) == [1]


def test_alikeness_is_what_is_in_common() -> None:
    assert alike(bits(0, 1, 2), bits(1, 2, 3)) == 0.5
    assert alike(bits(), bits()) == 0.0


def test_names_are_readable_and_free() -> None:
    assert name_for("Money back!", []) == "says_money_back"
    assert name_for("money back", ["says_money_back", "says_money_back_2"]) == "says_money_back_3"
    assert name_for("好吃", []) == "says_好吃"


@given(st.text(max_size=40))
def test_every_phrase_gives_a_name_that_can_be_saved(phrase: str) -> None:
    assert LabelingFunction(name_for(phrase, []), "keyword", {}).name


def test_selected_words_are_whole_only_where_they_begin_and_end_in_words() -> None:
    assert needs_whole_words("money back")
    assert not needs_whole_words("!!")
    assert not needs_whole_words("好吃")
