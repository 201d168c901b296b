"""Documents in random order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.querying.base import Pool, QueryStrategy, ranked, strategies


@strategies.register("random")
class Random(QueryStrategy):
    """A fair sample: the only order whose first answers measure how good the labels are."""

    title = "Random"
    summary = "Documents in random order: use it to measure how good weak labels are."

    def order(self, pool: Pool, *, seed: int) -> NDArray[np.int64]:
        """See :meth:`QueryStrategy.order`."""
        return ranked(pool, seed)

    def reason(self, pool: Pool, row: int) -> str:
        """See :meth:`QueryStrategy.reason`."""
        return "It was drawn at random."
