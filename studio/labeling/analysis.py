"""What votes say of the functions that cast them (Snorkel's ``LFAnalysis``, vectorised)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import LFSummary
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix


def summarize(
    matrix: VoteMatrix,
    gold: NDArray[np.int16],
    kinds: Mapping[str, str],
    faults: Mapping[str, int],
) -> list[LFSummary]:
    """Return one summary a labeling function, in the order of the columns.

    Parameters
    ----------
    matrix
        Votes of all documents.
    gold
        int16 ``[n_docs]``, ``ABSTAIN`` where unknown.
    kinds, faults
        Kind and number of failed documents, by function name.

    Notes
    -----
    Coverage, overlaps and conflicts are shares of all documents, as in Snorkel: a vote overlaps
    where another function votes too, and conflicts where another one votes differently.
    """
    counts = _counts(matrix)  # [n_docs, k]
    n_votes = counts.sum(axis=1)
    rows = np.arange(len(matrix.doc_ids))
    found = []
    for column, name in enumerate(matrix.lf_names):
        votes = matrix.votes[:, column]
        voted = votes != ABSTAIN
        same = counts[rows, np.where(voted, votes, 0)]
        judged = voted & (gold != ABSTAIN)
        n_gold = int(judged.sum())
        found.append(
            LFSummary(
                name=name,
                kind=kinds.get(name, ""),
                polarity=tuple(np.unique(votes[voted]).tolist()),
                coverage=_share(voted),
                overlaps=_share(voted & (n_votes > 1)),
                conflicts=_share(voted & (n_votes > same)),
                accuracy=float((votes == gold)[judged].mean()) if n_gold else None,
                n_gold=n_gold,
                faults=faults.get(name, 0),
            )
        )
    return found


def _counts(matrix: VoteMatrix) -> NDArray[np.int32]:
    counts = np.zeros((len(matrix.doc_ids), matrix.cardinality), np.int32)
    for column in matrix.votes.T:
        voted = np.flatnonzero(column != ABSTAIN)
        counts[voted, column[voted]] += 1
    return counts


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if len(mask) else 0.0
