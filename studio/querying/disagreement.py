"""Documents on which labeling functions contradict each other first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.schema import ABSTAIN
from studio.querying.base import Pool, QueryStrategy, ranked, strategies


@strategies.register("disagreement")
class Disagreement(QueryStrategy):
    """High vote entropy first; documents without a vote last.

    Notes
    -----
    Vote entropy: Dagan and Engelson, Committee-Based Sampling for Training Probabilistic
    Classifiers, ICML 1995. Abstentions are no votes.
    """

    title = "Disagreement first"
    summary = "Documents on which labeling functions contradict each other come first."

    def order(self, pool: Pool, *, seed: int) -> NDArray[np.int64]:
        """See :meth:`QueryStrategy.order`."""
        counts = _counts(pool)
        entropy = _entropy(counts)
        return ranked(pool, seed, counts.sum(axis=1) == 0, -entropy.round(6))

    def reason(self, pool: Pool, row: int) -> str:
        """See :meth:`QueryStrategy.reason`."""
        votes = pool.votes[row][pool.votes[row] != ABSTAIN]
        counts = np.sort(np.bincount(votes, minlength=1))[::-1]
        total, leading = int(counts.sum()), int(counts[0])
        if total == 0:
            return "No labeling function votes on it."
        if leading == total:
            return f"All {total} votes agree." if total > 1 else "One labeling function votes."
        return f"{leading} of {total} votes are for one label, {total - leading} against it."


def _counts(pool: Pool) -> NDArray[np.float32]:
    """Return float32 ``[n, k]``: votes of each label."""
    counts = np.zeros(pool.probs.shape, np.float32)
    rows = np.arange(len(counts))
    for column in pool.votes.T:
        has_vote = column != ABSTAIN
        counts[rows[has_vote], column[has_vote]] += 1
    return counts


def _entropy(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / totals
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy: NDArray[np.float32] = -(shares * logs).sum(axis=1)
    return entropy
