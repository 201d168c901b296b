from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.votes import VoteMatrix, WeakLabels, as_probs, decide


def matrix(votes: list[list[int]], names: tuple[str, ...] = ("a", "b"), k: int = 2) -> VoteMatrix:
    array = np.array(votes, np.int16)
    return VoteMatrix(array, np.arange(len(array), dtype=np.int64), names, k)


def test_a_document_is_covered_when_one_function_voted() -> None:
    assert matrix([[-1, -1], [0, -1], [-1, 1]]).covered.tolist() == [False, True, True]


def test_rows_keep_documents_and_votes_together() -> None:
    part = matrix([[0, 1], [1, 1], [-1, 0]]).rows(np.array([True, False, True]))
    assert part.doc_ids.tolist() == [0, 2]
    assert part.votes.tolist() == [[0, 1], [-1, 0]]


@pytest.mark.parametrize(
    ("votes", "names"),
    [
        ([[0, 2]], ("a", "b")),
        ([[0, -2]], ("a", "b")),
        ([[0, 1]], ("a", "a")),
        ([[0, 1]], ("a",)),
    ],
)
def test_votes_that_cannot_be_are_refused(votes: list[list[int]], names: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        matrix(votes, names)


def test_the_most_probable_label_is_decided() -> None:
    probs = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], np.float32)
    assert decide(probs).tolist() == [1, 0]


def test_ties_are_drawn_as_snorkel_draws_them() -> None:
    from snorkel.utils import probs_to_preds

    rng = np.random.default_rng(0)
    probs = rng.integers(0, 3, (400, 4)).astype(np.float64) + 1
    probs /= probs.sum(axis=1, keepdims=True)
    assert decide(probs, seed=0).tolist() == probs_to_preds(probs, "random").tolist()


def test_another_seed_draws_otherwise_and_the_same_seed_alike() -> None:
    ties = np.full((200, 2), 0.5, np.float32)
    assert decide(ties, seed=1).tolist() == decide(ties, seed=1).tolist()
    assert decide(ties, seed=1).tolist() != decide(ties, seed=2).tolist()
    assert 60 < decide(ties, seed=1).sum() < 140


PROBS = arrays(
    np.float64, st.tuples(st.integers(1, 12), st.integers(2, 4)), elements=st.floats(0.01, 1.0)
)


@given(PROBS, st.integers(0, 5))
def test_what_is_decided_is_never_improbable(probs: NDArray[np.float64], seed: int) -> None:
    decided = decide(probs, seed)
    assert decided.dtype == np.int16
    chosen = probs[np.arange(len(probs)), decided]
    assert (chosen > probs.max(axis=1) - 1e-5).all()


@given(PROBS, st.integers(0, 5), st.integers(1, 12))
def test_a_draw_does_not_depend_on_the_rows_after(
    probs: NDArray[np.float64], seed: int, n: int
) -> None:
    assert decide(probs[:n], seed).tolist() == decide(probs, seed)[:n].tolist()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_hard_labels_survive_as_probabilities(labels: list[int]) -> None:
    probs = as_probs(np.array(labels, np.int16), 5)
    assert probs.dtype == np.float32
    assert (probs.sum(axis=1) == 1).all()
    assert decide(probs).tolist() == labels


@pytest.mark.parametrize(
    "probs", [[[0.5, 0.6]], [[np.nan, 1.0]], [[np.inf, 0.0]], [[0.5, 0.5], [0.5, 0.5]]]
)
def test_weak_labels_that_are_no_probabilities_are_refused(probs: list[list[float]]) -> None:
    with pytest.raises(Invalid):
        WeakLabels(np.array(probs, np.float32), np.array([0], np.int64), np.array([True]))


def test_rows_of_weak_labels_stay_together() -> None:
    probs = np.array([[1, 0], [0, 1], [0.2, 0.8]], np.float32)
    weak = WeakLabels(probs, np.array([4, 5, 6], np.int64), np.array([True, False, True]))
    part = weak.rows(np.array([False, True, True]))
    assert part.doc_ids.tolist() == [5, 6]
    assert part.covered.tolist() == [False, True]
    assert part.decide().tolist() == [1, 1]
