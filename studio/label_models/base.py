"""What a label model is, and the label models there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.jobs import Progress, no_progress
from studio.core.registry import Member, Registry
from studio.core.votes import VoteMatrix, WeakLabels


class LabelModel(Member, ABC):
    """Base of all label models: votes in, one probability a label out.

    The same votes, options and seed give the same weak labels.
    """

    @abstractmethod
    def fit(
        self,
        votes: VoteMatrix,
        *,
        options: Any,
        seed: int,
        gold: NDArray[np.int16] | None = None,
        progress: Progress = no_progress,
    ) -> None:
        """Learn how far each labeling function is to be believed.

        Parameters
        ----------
        votes
            ``[n_docs, n_lfs]``.
        options
            An instance of this model's ``Options``.
        seed
            Of everything random.
        gold
            int16 ``[n_docs]``, ``ABSTAIN`` where unknown; models that can, learn from it.
        progress
            Told the share that is done.

        Raises
        ------
        Invalid
            If nothing can be learned from these votes.
        Canceled
            From ``progress``.
        """

    @abstractmethod
    def predict_proba(self, votes: VoteMatrix) -> WeakLabels:
        """Return weak labels for votes of the same labeling functions.

        Raises
        ------
        Invalid
            If the model was not fitted, or on other labeling functions.
        """

    @abstractmethod
    def lf_weights(self) -> Mapping[str, float | None]:
        """Return how far each labeling function is believed, in ``[0, 1]``; None if not known."""


def check_votes(votes: VoteMatrix) -> None:
    """Refuse votes from which nothing can be learned.

    Raises
    ------
    Invalid
        If there are no documents, no labeling functions, or no votes.
    """
    if not votes.lf_names:
        raise Invalid("There is no labeling function. Write one first.")
    if not votes.covered.any():
        raise Invalid(
            f"The {len(votes.lf_names)} labeling functions have not voted on any of the "
            f"{len(votes.doc_ids)} documents. Apply them, or write broader ones."
        )


def check_functions(fitted: tuple[str, ...] | None, votes: VoteMatrix) -> None:
    """Refuse votes of labeling functions on which a model was not fitted.

    Raises
    ------
    Invalid
        If they differ, or nothing was fitted.
    """
    if fitted is None:
        raise Invalid("The label model was not fitted yet. Fit it first.")
    if fitted != votes.lf_names:
        raise Invalid("The labeling functions have changed since the fit. Fit the model again.")


label_models: Registry[LabelModel] = Registry("label model", "studio.label_models", "snorkel")
