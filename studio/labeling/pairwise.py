"""How labeling functions stand to each other: where two vote, and where they vote alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.schema import ABSTAIN

MIN_AGREEMENT = 0.98
"""Share of the shared documents on which near-copies vote alike, at least."""

MIN_SHARED = 30
"""Documents on which near-copies both vote, at least: fewer say nothing."""

MIN_COMMON = 0.8
"""Share of the votes of either near-copy that lie on shared documents, at least.

Two functions that vote for one label always agree; only the same documents make them copies."""

_BLOCK = 1 << 18
"""Documents that are looked at together: their bits stay in the processor's cache."""


@dataclass(frozen=True)
class Pairs:
    """Counts for all pairs of labeling functions.

    Attributes
    ----------
    n_docs
        Documents looked at.
    shared
        int64 ``[n_lfs, n_lfs]``: documents on which both vote; on the diagonal, the votes of one.
    alike
        int64 ``[n_lfs, n_lfs]``: documents on which both vote for the same label.
    """

    n_docs: int
    shared: NDArray[np.int64]
    alike: NDArray[np.int64]

    @property
    def overlap(self) -> NDArray[np.float64]:
        """Share of all documents on which both vote, in ``[0, 1]``."""
        return self.shared / max(1, self.n_docs)

    @property
    def conflict(self) -> NDArray[np.float64]:
        """Share of all documents on which both vote, and differently, in ``[0, 1]``."""
        return (self.shared - self.alike) / max(1, self.n_docs)

    @property
    def agreement(self) -> NDArray[np.float64]:
        """Share of the shared documents on which both vote alike; NaN where none is shared."""
        return np.where(self.shared > 0, self.alike / np.maximum(1, self.shared), np.nan)


class PairTally:
    """Counts pairs, some documents at a time.

    Votes are cut into bits, one plane for "votes at all" and one for each binary digit of the
    label, so that 64 documents are compared by one instruction, however many labels there are.
    """

    def __init__(self, n_lfs: int, cardinality: int) -> None:
        self._n_lfs = n_lfs
        self._n_digits = max(1, (cardinality - 1).bit_length())
        self._n_docs = 0
        self._shared = np.zeros((n_lfs, n_lfs), np.int64)
        self._alike = np.zeros((n_lfs, n_lfs), np.int64)

    def add(self, columns: Sequence[NDArray[np.int16] | None], n_docs: int) -> None:
        """Count the next ``n_docs`` documents; a column is None where nobody was asked yet."""
        self._n_docs += n_docs
        for start in range(0, n_docs, _BLOCK):
            n = min(_BLOCK, n_docs - start)
            self._count([None if c is None else c[start : start + n] for c in columns], n)

    def result(self) -> Pairs:
        """Return what was counted."""
        lower = np.tril_indices(self._n_lfs, -1)
        for counts in (self._shared, self._alike):
            counts[lower] = counts.T[lower]
        return Pairs(self._n_docs, self._shared.copy(), self._alike.copy())

    def _count(self, columns: Sequence[NDArray[np.int16] | None], n_docs: int) -> None:
        n_words = -(-n_docs // 64)
        voted = np.zeros((self._n_lfs, n_words), np.uint64)
        digits = np.zeros((self._n_digits, self._n_lfs, n_words), np.uint64)
        for number, votes in enumerate(columns):
            if votes is not None:
                voted[number] = _packed(votes != ABSTAIN, n_words)
                for digit in range(self._n_digits):
                    digits[digit, number] = _packed((votes >> digit) & 1 == 1, n_words)
        for row in range(self._n_lfs):
            both = voted[row] & voted[row:]  # [n_lfs - row, n_words]
            self._shared[row, row:] += np.bitwise_count(both).sum(axis=1, dtype=np.int64)
            for planes in digits:
                both &= ~(planes[row] ^ planes[row:])
            self._alike[row, row:] += np.bitwise_count(both).sum(axis=1, dtype=np.int64)


def near_copies(pairs: Pairs) -> list[tuple[int, int]]:
    """Return the pairs that say nearly the same, as columns, those most alike first."""
    votes = np.diagonal(pairs.shared)
    larger = np.maximum(votes[:, None], votes[None, :])
    alike = pairs.alike >= MIN_AGREEMENT * pairs.shared
    common = pairs.shared >= MIN_COMMON * larger
    first, second = np.nonzero(np.triu(alike & common & (pairs.shared >= MIN_SHARED), 1))
    found = list(zip(first.tolist(), second.tolist(), strict=True))
    return sorted(found, key=lambda pair: (-pairs.agreement[pair], pair))


def _packed(bits: NDArray[np.bool_], n_words: int) -> NDArray[np.uint64]:
    padded = np.zeros(n_words * 64, np.bool_)
    padded[: len(bits)] = bits
    return np.packbits(padded).view(np.uint64)
