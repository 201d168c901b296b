"""What every label model keeps to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.jobs import no_progress
from studio.core.votes import VoteMatrix
from studio.label_models.base import LabelModel, label_models


def matrix(votes: object, cardinality: int = 2) -> VoteMatrix:
    array = np.asarray(votes, np.int16)
    names = tuple(f"lf{i}" for i in range(array.shape[1]))
    return VoteMatrix(array, 10 + np.arange(len(array)), names, cardinality)


def drawn(
    n: int, accuracies: list[float], *, cardinality: int = 2, seed: int = 0
) -> tuple[VoteMatrix, NDArray[np.int16]]:
    """Return votes of independent functions with known accuracies, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, cardinality, n).astype(np.int16)
    columns = []
    for accuracy in accuracies:
        wrong = (truth + rng.integers(1, cardinality, n)) % cardinality
        votes = np.where(rng.random(n) < accuracy, truth, wrong)
        columns.append(np.where(rng.random(n) < 0.3, -1, votes))
    return matrix(np.stack(columns, axis=1), cardinality), truth


def fitted(name: str, votes: VoteMatrix, seed: int = 0) -> LabelModel:
    model = label_models.get(name)()
    model.fit(votes, options=model.Options(), seed=seed, progress=no_progress)
    return model


pytestmark = pytest.mark.parametrize("name", label_models.names())


def test_a_model_tells_what_it_is(name: str) -> None:
    model = label_models.get(name)
    assert model.title
    assert model.summary.endswith(".")


def test_rows_are_probabilities_of_their_documents(name: str) -> None:
    votes, _ = drawn(300, [0.9, 0.8, 0.7, 0.6], cardinality=3)
    weak = fitted(name, votes).predict_proba(votes)
    assert weak.probs.shape == (300, 3)
    assert weak.probs.dtype == np.float32
    assert ((weak.probs >= 0) & (weak.probs <= 1)).all()
    np.testing.assert_allclose(weak.probs.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(weak.doc_ids, votes.doc_ids)
    np.testing.assert_array_equal(weak.covered, votes.covered)


def test_the_truth_is_found_where_functions_are_good(name: str) -> None:
    votes, truth = drawn(2000, [0.9, 0.85, 0.8, 0.85, 0.9])
    decided = fitted(name, votes).predict_proba(votes).decide()
    assert (decided == truth)[votes.covered].mean() > 0.9


def test_the_same_seed_gives_the_same_labels_and_disturbs_nobody(name: str) -> None:
    votes, _ = drawn(200, [0.9, 0.7, 0.6])
    np.random.seed(7)
    before = np.random.get_state()[1].tolist()  # type: ignore[index]
    first = fitted(name, votes, seed=3).predict_proba(votes).probs
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]
    np.testing.assert_array_equal(fitted(name, votes, seed=3).predict_proba(votes).probs, first)


def test_documents_without_a_vote_get_equal_shares(name: str) -> None:
    votes = matrix([[0, 0, 0], [1, 1, 1], [0, 0, 1], [-1, -1, -1]])
    weak = fitted(name, votes).predict_proba(votes)
    assert weak.covered.tolist() == [True, True, True, False]
    np.testing.assert_allclose(weak.probs[3], [0.5, 0.5], atol=1e-6)


def test_a_function_that_never_votes_changes_nothing(name: str) -> None:
    votes, _ = drawn(200, [0.9, 0.8, 0.7])
    silent = np.full((200, 1), -1, np.int16)
    wider = matrix(np.hstack([votes.votes[:, :1], silent, votes.votes[:, 1:]]))
    model = fitted(name, wider)
    np.testing.assert_allclose(
        model.predict_proba(wider).probs, fitted(name, votes).predict_proba(votes).probs
    )
    assert model.lf_weights()["lf1"] is None


def test_weights_are_shares_or_unknown(name: str) -> None:
    votes, _ = drawn(200, [0.9, 0.8, 0.7])
    weights = fitted(name, votes).lf_weights()
    assert tuple(weights) == votes.lf_names
    assert all(w is None or 0 <= w <= 1 for w in weights.values())


def test_one_label_only_is_no_trouble(name: str) -> None:
    votes = matrix([[1, 1, -1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]])
    weak = fitted(name, votes).predict_proba(votes)
    assert weak.decide().tolist() == [1, 1, 1, 1]


def test_hundreds_of_functions_and_labels_do_not_underflow(name: str) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 60)
    votes = matrix(np.tile(truth[:, None], (1, 300)), cardinality=5)
    model = label_models.get(name)()
    options = model.Options.model_validate({"n_epochs": 3} if name == "snorkel" else {})
    model.fit(votes, options=options, seed=0)
    assert np.isfinite(model.predict_proba(votes).probs).all()


def test_nothing_to_learn_from_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no labeling function"):
        fitted(name, matrix(np.zeros((3, 0))))
    with pytest.raises(Invalid, match="have not voted"):
        fitted(name, matrix([[-1, -1, -1]] * 4))
    with pytest.raises(Invalid, match="have not voted"):
        fitted(name, matrix(np.zeros((0, 3))))


def test_other_functions_than_those_fitted_are_refused(name: str) -> None:
    model = label_models.get(name)()
    votes, _ = drawn(50, [0.9, 0.8, 0.7])
    with pytest.raises(Invalid, match="not fitted"):
        model.predict_proba(votes)
    model.fit(votes, options=model.Options(), seed=0)
    fewer = VoteMatrix(votes.votes[:, :2], votes.doc_ids, votes.lf_names[:2], 2)
    with pytest.raises(Invalid, match="have changed"):
        model.predict_proba(fewer)
