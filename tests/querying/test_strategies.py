from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import Invalid
from studio.querying.base import Pool, strategies


def pool(probs: object, votes: object) -> Pool:
    cells = np.asarray(votes, np.int16)
    n = len(cells)
    covered = (cells != -1).any(axis=1) if cells.size else np.zeros(n, np.bool_)
    return Pool(100 + np.arange(n), np.asarray(probs, np.float32), covered, cells)


EXAMPLE = pool(
    [[0.5, 0.5], [0.9, 0.1], [0.55, 0.45], [0.5, 0.5], [0.7, 0.3], [0.5, 0.5]],
    [[0, 1], [0, 0], [1, 0], [-1, -1], [0, -1], [1, 0]],
)


@pytest.mark.parametrize("name", strategies.names())
@pytest.mark.parametrize("n", [0, 1, 50])
def test_an_order_holds_each_document_once_and_depends_on_the_seed_alone(
    name: str, n: int
) -> None:
    rng = np.random.default_rng(0)
    many = pool(rng.dirichlet([1, 1, 1], n), rng.integers(-1, 3, (n, 4)))
    strategy = strategies.get(name)()
    order = strategy.order(many, seed=1)
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == many.doc_ids.tolist()
    np.testing.assert_array_equal(order, strategies.get(name)().order(many, seed=1))


@pytest.mark.parametrize("name", strategies.names())
def test_every_document_has_a_reason(name: str) -> None:
    strategy = strategies.get(name)()
    for row in range(len(EXAMPLE.doc_ids)):
        assert strategy.reason(EXAMPLE, row).endswith(".")


@pytest.mark.parametrize("name", strategies.names())
def test_a_project_without_functions_can_be_reviewed(name: str) -> None:
    empty = pool(np.full((4, 3), 1 / 3), np.zeros((4, 0)))
    strategy = strategies.get(name)()
    assert sorted(strategy.order(empty, seed=0).tolist()) == [100, 101, 102, 103]
    assert strategy.reason(empty, 2)


@pytest.mark.parametrize("name", strategies.names())
def test_equal_documents_are_shuffled_by_the_seed(name: str) -> None:
    equal = pool(np.full((40, 2), 0.5), np.zeros((40, 3)))
    first, second = (strategies.get(name)().order(equal, seed=s).tolist() for s in (0, 1))
    assert first != second


def test_uncertain_puts_ties_first_and_what_nobody_voted_on_last() -> None:
    order = strategies.get("uncertain")().order(EXAMPLE, seed=0).tolist()
    assert sorted(order[:2]) == [100, 105]
    assert order[2:] == [102, 104, 101, 103]


def test_a_prior_does_not_bring_uncovered_documents_forward() -> None:
    skewed = pool([[0.8, 0.2], [0.6, 0.4]], [[-1, -1], [0, 1]])
    assert strategies.get("uncertain")().order(skewed, seed=0).tolist() == [101, 100]


def test_votes_that_no_label_model_has_seen_are_not_denied() -> None:
    votes = np.array([[0, 1], [-1, -1]], np.int16)
    unfitted = Pool(np.arange(2), np.full((2, 2), 0.5, np.float32), np.zeros(2, np.bool_), votes)
    strategy = strategies.get("uncertain")()
    assert "No label model was fitted" in strategy.reason(unfitted, 0)
    assert strategy.reason(unfitted, 1) == "No labeling function votes on it."


def test_disagreement_puts_even_splits_first_and_silence_last() -> None:
    many = pool(
        np.full((5, 3), 1 / 3),
        [[0, 0, 0], [-1, -1, -1], [0, 1, 2], [0, 0, 1], [0, 1, -1]],
    )
    strategy = strategies.get("disagreement")()
    assert strategy.order(many, seed=0).tolist() == [102, 104, 103, 100, 101]
    assert strategy.reason(many, 3) == "2 of 3 votes are for one label, 1 against it."
    assert strategy.reason(many, 0) == "All 3 votes agree."


def test_random_is_a_fair_draw() -> None:
    many = pool(np.full((3, 2), 0.5), np.zeros((3, 1)))
    firsts = [int(strategies.get("random")().order(many, seed=s)[0]) for s in range(600)]
    assert all(150 < firsts.count(doc_id) < 250 for doc_id in (100, 101, 102))


def test_parts_of_different_length_are_refused() -> None:
    with pytest.raises(Invalid, match="equally long"):
        Pool(np.arange(2), np.zeros((3, 2), np.float32), np.ones(2, bool), np.zeros((2, 1), int))
