"""Votes of labeling functions, and the weak labels that a label model makes of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN


@dataclass(frozen=True)
class VoteMatrix:
    """Snorkel's *L*: what each labeling function says of each document.

    Attributes
    ----------
    votes
        int16 ``[n_docs, n_lfs]``; a label index in ``0..k-1`` or ``ABSTAIN`` (-1).
    doc_ids
        int64 ``[n_docs]``: the document of each row.
    lf_names
        The labeling function of each column; names are unique.
    cardinality
        *k*, the number of labels.

    Raises
    ------
    Invalid
        If shapes disagree, names repeat, or a vote is outside ``-1..k-1``.
    """

    votes: NDArray[np.int16]
    doc_ids: NDArray[np.int64]
    lf_names: tuple[str, ...]
    cardinality: int

    def __post_init__(self) -> None:
        if self.votes.shape != (len(self.doc_ids), len(self.lf_names)):
            raise Invalid(
                f"Votes of shape {self.votes.shape} do not fit {len(self.doc_ids)} documents and "
                f"{len(self.lf_names)} labeling functions."
            )
        if len(set(self.lf_names)) != len(self.lf_names):
            raise Invalid("Two labeling functions have the same name; rename one of them.")
        outside = (self.votes < ABSTAIN) | (self.votes >= self.cardinality)
        if outside.any():
            value = int(self.votes[outside][0])
            raise Invalid(f"The vote {value} is outside -1..{self.cardinality - 1}.")

    def rows(self, mask: NDArray[np.bool_]) -> VoteMatrix:
        """Return the part for the documents where ``mask`` (bool ``[n_docs]``) is true."""
        return VoteMatrix(self.votes[mask], self.doc_ids[mask], self.lf_names, self.cardinality)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Bool ``[n_docs]``: whether at least one function voted."""
        covered: NDArray[np.bool_] = (self.votes != ABSTAIN).any(axis=1)
        return covered


@dataclass(frozen=True)
class WeakLabels:
    """What a label model makes of votes.

    Attributes
    ----------
    probs
        float32 ``[n_docs, k]``; rows sum to 1.
    doc_ids
        int64 ``[n_docs]``.
    covered
        bool ``[n_docs]``: whether any function voted. An uncovered row says nothing of its
        document; it holds the model's prior.

    Raises
    ------
    Invalid
        If shapes disagree, a value is not finite, or a row does not sum to 1 (within 1e-3).
    """

    probs: NDArray[np.float32]
    doc_ids: NDArray[np.int64]
    covered: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.probs.ndim != 2 or len(self.probs) != len(self.doc_ids):
            raise Invalid(f"Weak labels must be [n_docs, k], got shape {self.probs.shape}.")
        if self.covered.shape != self.doc_ids.shape:
            raise Invalid(f"covered must be [n_docs], got shape {self.covered.shape}.")
        sums = self.probs.sum(axis=1)
        if not np.isfinite(sums).all() or (np.abs(sums - 1.0) > 1e-3).any():
            raise Invalid("Each row of weak labels must be finite and sum to 1.")

    def rows(self, mask: NDArray[np.bool_]) -> WeakLabels:
        """Return the part for the documents where ``mask`` (bool ``[n_docs]``) is true."""
        return WeakLabels(self.probs[mask], self.doc_ids[mask], self.covered[mask])

    def decide(self, seed: int = 0) -> NDArray[np.int16]:
        """Return the most probable label of each document, ties drawn by the seed.

        See :func:`decide`.
        """
        return decide(self.probs, seed)


def decide(
    probs: NDArray[np.float32] | NDArray[np.float64], seed: int = 0, tolerance: float = 1e-5
) -> NDArray[np.int16]:
    """Return the most probable label of each row; a tie is a draw among the tied labels.

    Parameters
    ----------
    probs
        ``[n, k]``, finite.
    seed
        Of the draw. A row's draw depends on the seed and its position alone, never on the others.
    tolerance
        Probabilities closer than this to the row's maximum are tied.

    Returns
    -------
    NDArray[np.int16]
        ``[n]``, label indices in ``0..k-1``.

    Notes
    -----
    Snorkel's ``tie_break_policy="random"`` hashes the position of the row; seed 0 draws exactly
    as Snorkel does, other seeds hash the seed as well.
    """
    tied = np.abs(probs - probs.max(axis=1, keepdims=True)) < tolerance  # [n, k]
    decided: NDArray[np.int16] = tied.argmax(axis=1).astype(np.int16)
    counts = tied.sum(axis=1)  # [n]
    for row in np.flatnonzero(counts > 1).tolist():
        among = np.flatnonzero(tied[row])
        decided[row] = among[_draw(row, seed) % len(among)]
    return decided


def _draw(row: int, seed: int) -> int:
    word = str(row) if seed == 0 else f"{seed}:{row}"
    return int(hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest(), 16)


def as_probs(decided: NDArray[np.int16], cardinality: int) -> NDArray[np.float32]:
    """Return hard labels ``[n]`` as one-hot rows, float32 ``[n, k]``."""
    probs: NDArray[np.float32] = np.eye(cardinality, dtype=np.float32)[decided]
    return probs
