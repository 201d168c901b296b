from __future__ import annotations

import numpy as np
import pytest

from studio.explaining.words import hide, merge, tree, words


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello, big world!!", ["Hello", ",", "big", "world", "!!"]),
        ("don't stop — naïve café", ["don't", "stop", "—", "naïve", "café"]),
        ("外卖很好吃，ok", ["外", "卖", "很", "好", "吃", "，", "ok"]),
        ("かわいいcat", ["か", "わ", "い", "い", "cat"]),
        ("привет мир", ["привет", "мир"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_pieces_are_words_punctuation_and_unspaced_characters(
    text: str, pieces: list[str]
) -> None:
    assert [text[start:end] for start, end in words(text)] == pieces


def test_nothing_beyond_the_end_is_a_piece() -> None:
    assert words("one two three", 7) == [(0, 3), (4, 7)]


def test_hidden_words_leave_a_tidy_text() -> None:
    text = "one  two three tail"
    spans = words(text, 14)
    assert hide(text, spans, [True, False, True], 14) == "one three"
    assert hide(text, spans, [False] * 3, 14) == ""
    assert hide(text, spans, [True] * 3, 14) == text


def test_merged_pieces_cover_the_same_text() -> None:
    spans = words("a b c d e")
    assert merge(spans, 2) == [(0, 5), (6, 9)]
    assert merge(spans, 9) == spans


@pytest.mark.parametrize("n", [2, 3, 7, 64, 100])
def test_a_tree_joins_neighbours_into_one_root(n: int) -> None:
    found = tree(n)
    assert found.shape == (n - 1, 4)
    leaves = {i: [i] for i in range(n)}
    for row, (left, right, _, size) in enumerate(found):
        joined = leaves[int(left)] + leaves[int(right)]
        assert joined == list(range(joined[0], joined[0] + int(size)))
        leaves[n + row] = joined
    assert leaves[2 * n - 2] == list(range(n))


def test_one_piece_has_no_tree() -> None:
    assert tree(1).shape == tree(0).shape == (0, 4)
    assert tree(1).dtype == np.float64
