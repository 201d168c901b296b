from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.importers.quality.near import n_rows, near_groups, similarity

PARCEL = "the parcel that I ordered last week has still not arrived at my new address"
CHINESE = "这家店的送餐速度真的非常快而且味道也特别好下次还会再来点餐推荐给大家"


def groups(texts: list[str], threshold: float = 0.8) -> list[int]:
    halves = [texts[: len(texts) // 2], [], texts[len(texts) // 2 :]]
    found = near_groups(
        halves,
        len(texts),
        texts=lambda ids: [texts[at] for at in ids.tolist()],
        threshold=threshold,
    )
    return found.tolist()


def test_texts_that_differ_by_a_word_or_signs_are_near() -> None:
    texts = [
        PARCEL,
        "where is my refund",
        PARCEL.replace("still", "") + "!!!",
        CHINESE,
        CHINESE.replace("真的", "") + "。",
        PARCEL.upper(),
        "what is the exchange rate",
    ]
    assert groups(texts) == [0, 1, 0, 3, 3, 0, 6]


def test_similarity_is_the_share_of_common_triples() -> None:
    # With marks at both ends "abcd" has 4 triples and "abce" has 4, of which 2 are common.
    assert similarity("abcd", "abce") == pytest.approx(2 / 6)
    assert similarity("Great!", "great") == 1.0
    assert similarity("!!", "??") == 0.0


@pytest.mark.parametrize("text", ["", " ", "a", "!", "😀"])
def test_the_shortest_texts_are_near_to_themselves_alone(text: str) -> None:
    assert groups([text, "something else", text]) == [0, 1, 0]


def test_a_higher_threshold_asks_for_more() -> None:
    texts = [PARCEL, PARCEL.replace("week", "month")]
    share = similarity(*texts)
    assert 0.8 < share < 0.95
    assert groups(texts, 0.8) == [0, 0]
    assert groups(texts, 0.95) == [0, 1]


def test_few_hashes_a_band_find_distant_texts() -> None:
    assert [n_rows(threshold) for threshold in (0.5, 0.8, 1.0)] == [3, 6, 16]


WORDS = st.lists(st.sampled_from("refund parcel money late broken love song".split()), min_size=3)


@settings(max_examples=25, deadline=None)
@given(st.lists(WORDS.map(" ".join), min_size=2, max_size=12))
def test_groups_join_no_pair_that_only_distant_texts_connect(texts: list[str]) -> None:
    found = groups(texts)
    # The truth by brute force: pairs at the threshold, closed under friends of friends.
    parents = np.arange(len(texts))
    for one, other in itertools.combinations(range(len(texts)), 2):
        if similarity(texts[one], texts[other]) >= 0.8:
            parents[parents == parents[other]] = parents[one]
    for one, other in itertools.combinations(range(len(texts)), 2):
        if found[one] == found[other]:
            assert parents[one] == parents[other]
        if texts[one] == texts[other]:
            assert found[one] == found[other]


def test_nearly_all_pairs_above_the_threshold_are_found() -> None:
    rng = np.random.default_rng(3)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz "))
    texts = []
    for _ in range(150):
        text = rng.choice(letters, 80)
        near = text.copy()
        near[rng.integers(80)] = rng.choice(letters)
        texts += ["".join(text), "".join(near)]
    pairs = [(2 * at, 2 * at + 1) for at in range(150)]
    close = [pair for pair in pairs if similarity(texts[pair[0]], texts[pair[1]]) >= 0.85]
    found = groups(texts)
    assert len(close) > 100
    assert sum(found[one] == found[other] for one, other in close) >= 0.98 * len(close)
