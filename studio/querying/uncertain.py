"""Documents between two labels first."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from studio.core.schema import ABSTAIN
from studio.querying.base import Pool, QueryStrategy, ranked, strategies

_TIED: Final = 1e-5
"""Margins below this are ties, as in ``core.votes.decide``."""


@strategies.register("uncertain")
class Uncertain(QueryStrategy):
    """Small margins first: the difference of the two highest probabilities.

    A document without a vote has no label to accept or correct, and its probabilities are only
    the prior. Such documents come last.

    Notes
    -----
    Margin sampling: Scheffer, Decomain and Wrobel, Active Hidden Markov Models for Information
    Extraction, IDA 2001.
    """

    title = "Uncertain first"
    summary = "Documents whose two most probable labels are nearly equal come first."

    def order(self, pool: Pool, *, seed: int) -> NDArray[np.int64]:
        """See :meth:`QueryStrategy.order`."""
        margins = _margins(pool.probs)
        margins[margins < _TIED] = 0.0
        return ranked(pool, seed, ~pool.covered, margins)

    def reason(self, pool: Pool, row: int) -> str:
        """See :meth:`QueryStrategy.reason`."""
        if (pool.votes[row] == ABSTAIN).all():
            return "No labeling function votes on it."
        if not pool.covered[row]:
            return "No label model was fitted since labeling functions voted on it."
        margin = float(_margins(pool.probs[row : row + 1])[0])
        if margin < _TIED:
            return "Its most probable labels are tied."
        first, second = np.sort(pool.probs[row])[::-1][:2].tolist()
        return f"Its two most probable labels stand at {first:.0%} and {second:.0%}."


def _margins(probs: NDArray[np.float32]) -> NDArray[np.float32]:
    k = probs.shape[1]
    top = np.partition(probs, k - 2, axis=1)[:, -2:]  # [n, 2], ascending
    return top[:, 1] - top[:, 0]
