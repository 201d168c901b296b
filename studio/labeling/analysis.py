"""What the votes say of the labeling functions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.functions import LFSummary
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix

_NO_KINDS: Mapping[str, str] = {}
_NO_FAULTS: Mapping[str, int] = {}


def summarize(
    matrix: VoteMatrix,
    gold: NDArray[np.int16] | None = None,
    kinds: Mapping[str, str] = _NO_KINDS,
    faults: Mapping[str, int] = _NO_FAULTS,
) -> list[LFSummary]:
    """Return one summary a labeling function, in the order of the columns.

    Parameters
    ----------
    matrix
        The votes.
    gold
        int16 ``[n_docs]``, ``ABSTAIN`` where no gold is known; None if none is known at all.
    kinds
        Kind of each function, by name.
    faults
        Number of failed documents of each function, by name.

    Raises
    ------
    Invalid
        If ``gold`` does not have one entry a document.

    Notes
    -----
    Coverage, overlaps, conflicts and accuracy as in Snorkel's ``LFAnalysis`` (Ratner et al.,
    Snorkel: Rapid Training Data Creation with Weak Supervision, VLDB 2017). Unlike there, gold
    may be partial: accuracy rests on the votes on documents with gold.
    """
    if gold is not None and gold.shape != matrix.doc_ids.shape:
        raise Invalid(f"Gold has {len(gold)} entries for {len(matrix.doc_ids)} documents.")
    several, at_odds = _overlaps_and_conflicts(matrix.votes)
    return [
        _summary(matrix, column, several, at_odds, gold=gold, kinds=kinds, faults=faults)
        for column in range(len(matrix.lf_names))
    ]


def _overlaps_and_conflicts(
    votes: NDArray[np.int16],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, per document, whether two functions voted and whether two voted differently."""
    n_docs, n_lfs = votes.shape
    counts = np.zeros(n_docs, np.int32)
    low = np.full(n_docs, np.iinfo(np.int16).max, np.int16)
    high = np.full(n_docs, ABSTAIN, np.int16)
    for column in range(n_lfs):  # a column at a time: no copy of the whole matrix
        vote = votes[:, column]
        has_vote = vote != ABSTAIN
        counts += has_vote
        np.minimum(low, vote, out=low, where=has_vote)
        np.maximum(high, vote, out=high)
    return counts > 1, (counts > 1) & (low != high)


def _summary(
    matrix: VoteMatrix,
    column: int,
    several: NDArray[np.bool_],
    at_odds: NDArray[np.bool_],
    *,
    gold: NDArray[np.int16] | None,
    kinds: Mapping[str, str],
    faults: Mapping[str, int],
) -> LFSummary:
    name = matrix.lf_names[column]
    vote = matrix.votes[:, column]
    has_vote = vote != ABSTAIN
    n_docs = max(1, len(vote))
    n_gold, accuracy = _accuracy(vote, has_vote, gold)
    return LFSummary(
        name=name,
        kind=kinds.get(name, ""),
        polarity=tuple(np.unique(vote[has_vote]).tolist()),
        coverage=float(has_vote.sum() / n_docs),
        overlaps=float((has_vote & several).sum() / n_docs),
        conflicts=float((has_vote & at_odds).sum() / n_docs),
        accuracy=accuracy,
        n_gold=n_gold,
        faults=faults.get(name, 0),
    )


def _accuracy(
    vote: NDArray[np.int16], has_vote: NDArray[np.bool_], gold: NDArray[np.int16] | None
) -> tuple[int, float | None]:
    if gold is None:
        return 0, None
    judged = has_vote & (gold != ABSTAIN)
    n_gold = int(judged.sum())
    right = int((vote[judged] == gold[judged]).sum())
    return n_gold, right / n_gold if n_gold else None
