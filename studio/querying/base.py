"""What a query strategy is, and the strategies there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.registry import Member, Registry


@dataclass(frozen=True)
class Pool:
    """The documents to choose from.

    Attributes
    ----------
    doc_ids
        int64 ``[n]``.
    probs
        float32 ``[n, k]``; rows sum to 1.
    covered
        bool ``[n]``: whether any labeling function voted when the label model was fitted; all
        False before a fit.
    votes
        int16 ``[n, m]``, ``ABSTAIN`` where a function has no opinion; ``m`` may be 0.

    Raises
    ------
    Invalid
        If the lengths differ.
    """

    doc_ids: NDArray[np.int64]
    probs: NDArray[np.float32]
    covered: NDArray[np.bool_]
    votes: NDArray[np.int16]

    def __post_init__(self) -> None:
        lengths = {len(self.doc_ids), len(self.probs), len(self.covered), len(self.votes)}
        if len(lengths) != 1:
            raise Invalid(f"All parts of a pool must be equally long, got {sorted(lengths)}.")


class QueryStrategy(Member, ABC):
    """Base of all strategies: which document a person should see next."""

    @abstractmethod
    def order(self, pool: Pool, *, seed: int) -> NDArray[np.int64]:
        """Return the document ids, the most worthwhile first; each one exactly once.

        Documents that are equally worthwhile are shuffled by the seed, so that two people with
        two seeds see different ones first.
        """

    @abstractmethod
    def reason(self, pool: Pool, row: int) -> str:
        """Return why the document of a row is where it is, in one sentence."""


def ranked(pool: Pool, seed: int, *keys: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return the document ids in ascending order of the keys, the first key first."""
    draw = np.random.default_rng(seed).permutation(len(pool.doc_ids))
    return pool.doc_ids[np.lexsort((draw, *reversed(keys)))]


strategies: Registry[QueryStrategy] = Registry("query strategy", "studio.querying", "uncertain")
