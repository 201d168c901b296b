"""Majority vote: every labeling function counts the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.jobs import Progress, no_progress
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix, WeakLabels
from studio.label_models.base import LabelModel, check_functions, check_votes, label_models


@label_models.register("majority")
class Majority(LabelModel):
    """The label with the most votes; labels with equally many share the probability.

    Notes
    -----
    Gives the same probabilities as Snorkel's ``MajorityLabelVoter``.
    """

    title = "Majority vote"
    summary = "Each labeling function counts the same. The baseline that others must beat."

    _names: tuple[str, ...] | None = None

    def fit(
        self,
        votes: VoteMatrix,
        *,
        options: Any,
        seed: int,
        gold: NDArray[np.int16] | None = None,
        progress: Progress = no_progress,
    ) -> None:
        """There is nothing to learn; only the votes are checked. See :meth:`LabelModel.fit`."""
        check_votes(votes)
        self._names = votes.lf_names
        progress(1.0, "")

    def predict_proba(self, votes: VoteMatrix) -> WeakLabels:
        """See :meth:`LabelModel.predict_proba`."""
        check_functions(self._names, votes)
        n_docs, k = len(votes.doc_ids), votes.cardinality
        counts = np.zeros((n_docs, k), np.float32)
        rows = np.arange(n_docs)
        for column in votes.votes.T:
            has_vote = column != ABSTAIN
            counts[rows[has_vote], column[has_vote]] += 1
        leading = counts == counts.max(axis=1, keepdims=True)  # [n_docs, k]
        probs = leading / leading.sum(axis=1, keepdims=True)
        return WeakLabels(probs.astype(np.float32), votes.doc_ids, votes.covered)

    def lf_weights(self) -> Mapping[str, float | None]:
        """Return None for all: nothing was learned of them."""
        return dict.fromkeys(self._names or ())
