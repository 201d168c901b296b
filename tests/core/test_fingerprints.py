from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.core.fingerprints import LENGTH, fingerprint, fingerprint_texts
from studio.core.functions import LabelingFunction

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(JSON)
def test_equal_things_have_equal_fingerprints(value: object) -> None:
    assert fingerprint(value) == fingerprint(value)
    assert len(fingerprint(value)) == LENGTH


@given(st.dictionaries(st.text(max_size=3), st.integers(), min_size=2, max_size=4))
def test_the_order_of_keys_does_not_count(value: dict[str, int]) -> None:
    assert fingerprint(value) == fingerprint(dict(reversed(value.items())))


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_other_texts_have_another_fingerprint(one: list[str], other: list[str]) -> None:
    assert (fingerprint_texts(one) == fingerprint_texts(other)) == (one == other)
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


def test_where_one_part_ends_counts() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint_texts(["ab", "c"]) != fingerprint_texts(["a", "bc"])
    assert fingerprint(b"1") != fingerprint(1) != fingerprint("1")


def test_arrays_count_with_type_and_shape() -> None:
    array = np.arange(6, dtype=np.int16)
    assert fingerprint(array) == fingerprint(np.arange(12, dtype=np.int16)[:6])
    assert fingerprint(array) != fingerprint(array.astype(np.int32))
    assert fingerprint(array) != fingerprint(array.reshape(2, 3))
    assert fingerprint(array.reshape(2, 3).T) == fingerprint(array.reshape(2, 3).T.copy())


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint({"b": 1, "a": [None, "ü"]}, b"x") == "678f8e5ec5b81b1e3a99"
    assert fingerprint_texts(["a", "\ud800"]) == "cc10c45ebbea690e23ac"


def test_a_lone_surrogate_is_no_trouble() -> None:
    assert fingerprint_texts(["\ud800"]) != fingerprint_texts(["\ud801"])


def test_a_function_is_what_its_votes_depend_on() -> None:
    one = LabelingFunction("a", "regex", {"pattern": "x", "label": "spam"})
    renamed = LabelingFunction("b", "regex", {"label": "spam", "pattern": "x"}, version=4)
    assert one.fingerprint == renamed.fingerprint
    assert one.fingerprint != LabelingFunction("a", "regex", {"pattern": "y"}).fingerprint
    assert one.fingerprint != LabelingFunction("a", "keyword", one.options).fingerprint
