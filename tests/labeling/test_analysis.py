from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio.core.errors import Invalid
from studio.core.functions import LFSummary
from studio.core.votes import VoteMatrix
from studio.labeling.analysis import Tally, summarize


def matrix(votes: object, cardinality: int = 3) -> VoteMatrix:
    array = np.asarray(votes, np.int16)
    names = tuple(f"lf{i}" for i in range(array.shape[1]))
    return VoteMatrix(array, np.arange(len(array)), names, cardinality)


def test_a_hand_made_case() -> None:
    votes = [[0, 0, -1], [0, 1, -1], [-1, 1, -1], [0, -1, -1]]
    gold = np.array([0, 1, -1, 0], np.int16)
    found = summarize(matrix(votes), gold, {"lf0": "regex"}, {"lf2": 4})
    assert found[0] == LFSummary("lf0", "regex", (0,), 0.75, 0.5, 0.25, 2 / 3, 3, 0, 2)
    assert found[1] == LFSummary("lf1", "", (0, 1), 0.75, 0.5, 0.25, 1.0, 2, 0, 2)
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


@settings(deadline=None, max_examples=40)
@given(
    arrays.arrays(
        np.int16, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.integers(-1, 2)
    ),
    st.integers(0, 12),
)
def test_counting_in_parts_equals_counting_at_once(votes: np.ndarray, cut: int) -> None:
    whole, parts = Tally([True] * votes.shape[1]), Tally([True] * votes.shape[1])
    whole.add(list(votes.T), len(votes))
    for part in (votes[:cut], votes[cut:]):
        parts.add(list(part.T), len(part))
    names = [f"lf{i}" for i in range(votes.shape[1])]
    assert whole.summaries(names, names) == parts.summaries(names, names)


@settings(deadline=None, max_examples=40)
@given(
    arrays.arrays(np.int16, st.tuples(st.integers(1, 9), st.just(4)), elements=st.integers(-1, 2)),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_each_function_is_held_against_the_counted_others(
    votes: np.ndarray, counted: list[bool]
) -> None:
    tally = Tally(counted)
    tally.add(list(votes.T), len(votes))
    for column in range(4):
        rest = [c for c in range(4) if c != column and counted[c]]
        overlaps = conflicts = 0
        for row in votes.tolist():
            others = [row[c] for c in rest if row[c] != -1]
            overlaps += row[column] != -1 and bool(others)
            conflicts += row[column] != -1 and any(vote != row[column] for vote in others)
        assert (tally.overlaps[column], tally.conflicts[column]) == (overlaps, conflicts)


def test_a_function_that_was_not_asked_yet_counts_nothing() -> None:
    tally = Tally([True, True])
    tally.add([np.array([0, 1], np.int16), None], 2)
    one, other = tally.summaries(["a", "b"], ["", ""])
    assert (one.coverage, one.overlaps) == (1.0, 0.0)
    assert (other.coverage, other.polarity) == (0.0, ())


def test_without_documents_all_shares_are_zero() -> None:
    found = summarize(matrix(np.zeros((0, 2))), np.zeros(0, np.int16))
    assert [(s.coverage, s.accuracy) for s in found] == [(0.0, None)] * 2


def test_gold_of_another_length_is_refused() -> None:
    with pytest.raises(Invalid, match="2 entries for 1 documents"):
        summarize(matrix([[0]]), np.zeros(2, np.int16))
