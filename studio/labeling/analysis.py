"""What the votes say of the labeling functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.functions import LFSummary
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix

_NO_KINDS: Mapping[str, str] = {}
_NO_FAULTS: Mapping[str, int] = {}


@dataclass(frozen=True)
class Spread:
    """What a set of labeling functions says of some documents, taken together.

    Attributes
    ----------
    count
        uint16 ``[n_docs]``: how many functions voted.
    low, high
        int16 ``[n_docs]``: the smallest and the largest label voted for, ``ABSTAIN`` where nobody
        voted.
    """

    count: NDArray[np.uint16]
    low: NDArray[np.int16]
    high: NDArray[np.int16]

    def disagrees(self, votes: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Return where a function votes, int16 ``[n_docs]``, and another one votes differently."""
        odds: NDArray[np.bool_] = (self.low != votes) | (self.high != votes)
        return odds & (votes != ABSTAIN) & (self.count > 0)


def spread(columns: Sequence[NDArray[np.int16]], n_docs: int) -> Spread:
    """Return what functions say of the same documents, a column int16 ``[n_docs]`` each."""
    count = np.zeros(n_docs, np.uint16)
    # Without its sign, ABSTAIN is the largest number there is: no mask is needed for the smallest.
    low = np.full(n_docs, ABSTAIN, np.int16).view(np.uint16)
    high = np.full(n_docs, ABSTAIN, np.int16)
    for votes in columns:  # a column at a time: no copy of the whole matrix
        plain = np.ascontiguousarray(votes)
        count += plain != ABSTAIN
        np.minimum(low, plain.view(np.uint16), out=low)
        np.maximum(high, plain, out=high)
    return Spread(count, low.view(np.int16), high)


class Tally:
    """Counts votes, overlaps and conflicts of labeling functions, some documents at a time.

    A million documents need no more memory than one block of them.

    Parameters
    ----------
    counted
        For each function whether it is one of those that the others are held against. One that
        is not (it is switched off) is held against those that are.
    """

    def __init__(self, counted: Sequence[bool]) -> None:
        self._counted = tuple(counted)
        n_lfs = len(self._counted)
        self.n_docs = 0
        self.n_votes = np.zeros(n_lfs, np.int64)
        self.overlaps = np.zeros(n_lfs, np.int64)
        self.conflicts = np.zeros(n_lfs, np.int64)
        self._labels: list[set[int]] = [set() for _ in range(n_lfs)]

    def add(self, columns: Sequence[NDArray[np.int16] | None], n_docs: int) -> None:
        """Count the next ``n_docs`` documents; a column is None where nobody was asked yet."""
        self.n_docs += n_docs
        among = [c for c, on in zip(columns, self._counted, strict=True) if on and c is not None]
        together = spread(among, n_docs)
        anyone, several = together.count > 0, together.count > 1
        at_odds = together.low != together.high
        for number, votes in enumerate(columns):
            if votes is None:
                continue
            voted, counted = votes != ABSTAIN, self._counted[number]
            # One that is counted is among those at odds; another one has to be compared.
            odds = voted & at_odds if counted else together.disagrees(votes)
            self.n_votes[number] += np.count_nonzero(voted)
            self.overlaps[number] += np.count_nonzero(voted & (several if counted else anyone))
            self.conflicts[number] += np.count_nonzero(odds)
            self._labels[number] |= _labels_of(votes[voted])

    def summaries(self, names: Sequence[str], kinds: Sequence[str]) -> list[LFSummary]:
        """Return what was counted, without what gold says and without faults."""
        n_docs = max(1, self.n_docs)
        return [
            LFSummary(
                name=name,
                kind=kind,
                polarity=tuple(sorted(labels)),
                coverage=float(n_votes / n_docs),
                overlaps=float(overlaps / n_docs),
                conflicts=float(conflicts / n_docs),
            )
            for name, kind, labels, n_votes, overlaps, conflicts in zip(
                names,
                kinds,
                self._labels,
                self.n_votes,
                self.overlaps,
                self.conflicts,
                strict=True,
            )
        ]


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
    columns = list(matrix.votes.T)
    tally = Tally([True] * len(columns))
    tally.add(columns, len(matrix.doc_ids))
    found = tally.summaries(matrix.lf_names, [kinds.get(name, "") for name in matrix.lf_names])
    return [
        replace(
            with_gold(summary, *([0, 0] if gold is None else judged(votes, gold))),
            faults=faults.get(summary.name, 0),
        )
        for summary, votes in zip(found, columns, strict=True)
    ]


def judged(votes: NDArray[np.int16], gold: NDArray[np.int16]) -> tuple[int, int]:
    """Return how many votes are right, and how many there are on documents with gold.

    Both arrays are int16 ``[n_docs]``, ``ABSTAIN`` where there is no vote or no gold.
    """
    both = (votes != ABSTAIN) & (gold != ABSTAIN)
    return int((both & (votes == gold)).sum()), int(both.sum())


def with_gold(summary: LFSummary, right: int, n_gold: int) -> LFSummary:
    """Return a summary with what gold says: ``right`` of ``n_gold`` votes."""
    accuracy = right / n_gold if n_gold else None
    return replace(summary, accuracy=accuracy, n_gold=n_gold, right=right)


def _labels_of(votes: NDArray[np.int16]) -> set[int]:
    return set(np.flatnonzero(np.bincount(votes)).tolist()) if len(votes) else set()
