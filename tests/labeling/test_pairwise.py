from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.labeling.pairwise import Pairs, PairTally, near_copies

matrices = arrays.arrays(
    np.int16,
    st.tuples(st.integers(0, 150), st.integers(1, 5)),
    elements=st.integers(-1, 76),
    fill=st.sampled_from([-1, 0, 3]),
)


def count(votes: np.ndarray, cardinality: int = 77) -> Pairs:
    tally = PairTally(votes.shape[1], cardinality)
    tally.add(list(votes.T), len(votes))
    return tally.result()


@settings(deadline=None, max_examples=60)
@given(matrices)
def test_counts_of_bits_equal_counts_of_documents(votes: np.ndarray) -> None:
    found = count(votes)
    for one in range(votes.shape[1]):
        for other in range(votes.shape[1]):
            both = (votes[:, one] != -1) & (votes[:, other] != -1)
            alike = both & (votes[:, one] == votes[:, other])
            assert found.shared[one, other] == both.sum()
            assert found.alike[one, other] == alike.sum()


@settings(deadline=None, max_examples=30)
@given(matrices, st.integers(0, 150))
def test_counting_in_parts_equals_counting_at_once(votes: np.ndarray, cut: int) -> None:
    parts = PairTally(votes.shape[1], 77)
    for part in (votes[:cut], votes[cut:]):
        parts.add(list(part.T), len(part))
    whole, joined = count(votes), parts.result()
    assert whole.n_docs == joined.n_docs
    np.testing.assert_array_equal(whole.shared, joined.shared)
    np.testing.assert_array_equal(whole.alike, joined.alike)


def test_shares_of_a_hand_made_case() -> None:
    votes = np.array([[0, 0, -1], [0, 1, -1], [1, 1, -1], [-1, 0, -1]], np.int16)
    found = count(votes, 2)
    assert found.overlap[0, 1] == 0.75
    assert found.conflict[0, 1] == 0.25
    assert found.agreement[0, 1] == pytest.approx(2 / 3)
    assert np.isnan(found.agreement[0, 2])


def test_a_column_that_was_not_asked_shares_nothing() -> None:
    tally = PairTally(2, 2)
    tally.add([np.zeros(5, np.int16), None], 5)
    assert tally.result().shared.tolist() == [[5, 0], [0, 0]]


def columns(*votes: list[int]) -> np.ndarray:
    return np.array(votes, np.int16).T


def test_near_copies_agree_on_nearly_all_documents_of_both() -> None:
    full = [0] * 50 + [1] * 50
    almost = [0] * 50 + [1] * 49 + [0]
    assert near_copies(count(columns(full, almost), 2)) == [(0, 1)]


def test_functions_for_one_label_on_other_documents_are_no_copies() -> None:
    first = [0] * 60 + [-1] * 40
    second = [-1] * 25 + [0] * 75
    pairs = count(columns(first, second), 2)
    assert pairs.agreement[0, 1] == 1.0
    assert near_copies(pairs) == []


def test_few_shared_documents_make_no_copies() -> None:
    short = [0] * 29 + [-1] * 71
    assert near_copies(count(columns(short, short), 2)) == []


def test_the_pair_most_alike_comes_first() -> None:
    full = [0] * 100
    almost = [0] * 99 + [1]
    assert near_copies(count(columns(full, almost, full), 2)) == [(0, 2), (0, 1), (1, 2)]
