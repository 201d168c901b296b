from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.core.errors import Invalid
from studio.label_models.majority import Majority
from studio.label_models.snorkel import Snorkel, SnorkelOptions
from tests.label_models.test_contract import drawn, matrix


@settings(deadline=None, max_examples=50)
@given(
    arrays.arrays(
        np.int16,
        st.tuples(st.integers(1, 15), st.integers(1, 5)),
        elements=st.integers(-1, 2),
    ).filter(lambda votes: bool((votes != -1).any()))
)
def test_majority_equals_snorkels_voter(votes: np.ndarray) -> None:
    from snorkel.labeling.model import MajorityLabelVoter

    ours = Majority()
    ours.fit(matrix(votes, 3), options=ours.Options(), seed=0)
    theirs = MajorityLabelVoter(cardinality=3).predict_proba(votes)
    np.testing.assert_allclose(ours.predict_proba(matrix(votes, 3)).probs, theirs, atol=1e-6)


@pytest.mark.parametrize("cardinality", [2, 4])
@pytest.mark.parametrize("seed", [0, 5])
def test_probabilities_and_weights_equal_snorkels(cardinality: int, seed: int) -> None:
    from snorkel.labeling.model import LabelModel

    votes, _ = drawn(500, [0.9, 0.8, 0.7, 0.6, 0.4], cardinality=cardinality)
    theirs = LabelModel(cardinality=cardinality, verbose=False)
    theirs.fit(votes.votes.astype(int), n_epochs=200, seed=seed, lr=0.02, progress_bar=False)
    ours = Snorkel()
    ours.fit(votes, options=SnorkelOptions(n_epochs=200, lr=0.02), seed=seed)
    np.testing.assert_allclose(
        ours.predict_proba(votes).probs,
        theirs.predict_proba(votes.votes.astype(int)),
        atol=1e-5,
    )
    weights = np.array(list(ours.lf_weights().values()), np.float64)
    np.testing.assert_allclose(weights, theirs.get_weights())


@pytest.mark.parametrize("n_voting", [1, 2])
def test_fewer_than_three_voting_functions_are_refused(n_voting: int) -> None:
    votes = np.full((9, 4), -1, np.int16)
    votes[:, :n_voting] = 1
    with pytest.raises(Invalid, match=f"at least 3 .* there are {n_voting}"):
        Snorkel().fit(matrix(votes), options=SnorkelOptions(), seed=0)


def test_the_share_of_labels_can_come_from_gold() -> None:
    votes, _ = drawn(100, [0.9, 0.8, 0.7])
    options = SnorkelOptions(class_balance="gold", n_epochs=10)
    gold = np.full(100, -1, np.int16)
    with pytest.raises(Invalid, match="No document has gold"):
        Snorkel().fit(votes, options=options, seed=0, gold=gold)
    gold[:8] = 1
    model = Snorkel()
    model.fit(votes, options=options, seed=0, gold=gold)
    uncovered = matrix([[-1, -1, -1]])
    np.testing.assert_allclose(model.predict_proba(uncovered).probs, [[0.1, 0.9]], atol=1e-6)
