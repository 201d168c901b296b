from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.core.errors import Invalid
from studio.core.functions import LFSummary
from studio.core.votes import VoteMatrix
from studio.labeling.analysis import summarize


def matrix(votes: object, cardinality: int = 3) -> VoteMatrix:
    array = np.asarray(votes, np.int16)
    names = tuple(f"lf{i}" for i in range(array.shape[1]))
    return VoteMatrix(array, np.arange(len(array)), names, cardinality)


def test_a_hand_made_case() -> None:
    votes = [[0, 0, -1], [0, 1, -1], [-1, 1, -1], [0, -1, -1]]
    gold = np.array([0, 1, -1, 0], np.int16)
    found = summarize(matrix(votes), gold, {"lf0": "regex"}, {"lf2": 4})
    assert found[0] == LFSummary("lf0", "regex", (0,), 0.75, 0.5, 0.25, 2 / 3, 3, 0)
    assert found[1] == LFSummary("lf1", "", (0, 1), 0.75, 0.5, 0.25, 1.0, 2, 0)
    assert found[2] == LFSummary("lf2", "", (), 0.0, 0.0, 0.0, None, 0, 4)


# Snorkel passes integers where SciPy wants to be told the type.
@pytest.mark.filterwarnings("ignore:Input has data type:FutureWarning")
@settings(deadline=None, max_examples=40)
@given(
    arrays.arrays(
        np.int16, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.integers(-1, 2)
    ),
    st.data(),
)
def test_figures_equal_snorkels(votes: np.ndarray, data: st.DataObject) -> None:
    from snorkel.labeling import LFAnalysis

    gold = data.draw(arrays.arrays(np.int16, len(votes), elements=st.integers(0, 2)))
    theirs = LFAnalysis(votes)
    ours = summarize(matrix(votes), gold)
    np.testing.assert_allclose([s.coverage for s in ours], theirs.lf_coverages())
    np.testing.assert_allclose([s.overlaps for s in ours], theirs.lf_overlaps())
    np.testing.assert_allclose([s.conflicts for s in ours], theirs.lf_conflicts())
    assert [list(s.polarity) for s in ours] == [list(map(int, p)) for p in theirs.lf_polarities()]
    accuracies = [0.0 if s.accuracy is None else s.accuracy for s in ours]
    np.testing.assert_allclose(accuracies, theirs.lf_empirical_accuracies(gold))


def test_without_documents_all_shares_are_zero() -> None:
    found = summarize(matrix(np.zeros((0, 2))), np.zeros(0, np.int16))
    assert [(s.coverage, s.accuracy) for s in found] == [(0.0, None)] * 2


def test_gold_of_another_length_is_refused() -> None:
    with pytest.raises(Invalid, match="2 entries for 1 documents"):
        summarize(matrix([[0]]), np.zeros(2, np.int16))
