from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.importers.quality.duplicates import KeyIndex, groups_of, keys_of, normal_form


def test_blanks_and_composition_do_not_tell_texts_apart() -> None:
    keys = keys_of(
        ["caf\u00e9  au\nlait", " cafe\u0301 au lait\u3000", "cafe au lait", "Cafe au lait"]
    )
    assert groups_of(keys).tolist() == [0, 0, 2, 3]


TEXTS = st.lists(st.sampled_from(["a", "b", "a b", "a  b", "é", "e\u0301", "", "c"]), max_size=30)


@given(TEXTS)
def test_a_group_is_named_by_its_first_text(texts: list[str]) -> None:
    normal = [normal_form(text) for text in texts]
    assert groups_of(keys_of(texts)).tolist() == [normal.index(text) for text in normal]


@given(st.lists(TEXTS, max_size=6))
def test_entering_in_parts_finds_what_entering_at_once_does(parts: list[list[str]]) -> None:
    index = KeyIndex()
    found = [index.enter(keys_of(part)) for part in parts]
    every = [text for part in parts for text in part]
    expected = groups_of(keys_of(every))
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, np.int64), *found]), expected)
    assert len(index) == len(every)


def test_texts_that_share_half_a_key_by_chance_stay_apart() -> None:
    index = KeyIndex()
    index.enter(np.array([[7, 1]], np.uint64))
    assert index.enter(np.array([[7, 2], [7, 2], [7, 1]], np.uint64)).tolist() == [1, 1, 0]
