"""Figures of merit of decided labels and of probabilities, against gold.

Documents without gold (``ABSTAIN``) count nowhere. An abstention on a document with gold counts
as wrong: a source cannot win by keeping silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.runs import Scores
from studio.core.schema import ABSTAIN

_SMALLEST = 1e-12
"""Probabilities are raised to this before the logarithm, so that one sure error stays finite."""


@dataclass(frozen=True)
class LabelScores:
    """How well one label is found.

    ``precision`` is the share of decisions for ``label`` that are right, ``recall`` the share of
    its gold documents that are found, ``f1`` their harmonic mean; each in ``[0, 1]``, and 0 where
    there is nothing to divide by. ``support`` counts its gold documents.
    """

    label: int
    precision: float
    recall: float
    f1: float
    support: int


def scores(
    decided: NDArray[np.int16],
    gold: NDArray[np.int16],
    *,
    cardinality: int,
    covered: NDArray[np.bool_] | None = None,
) -> Scores:
    """Return accuracy, macro-F1 and coverage on the documents that have gold.

    Parameters
    ----------
    decided, gold
        ``[n]``, label indices in ``-1..cardinality-1``; -1 means no decision, no gold.
    cardinality
        Number of labels.
    covered
        Bool ``[n]``: where the source has an opinion; None takes all documents with a decision.

    Returns
    -------
    Scores
        Macro-F1 is the mean over the labels that occur in gold or decisions. Without any gold
        all figures are 0.

    Raises
    ------
    Invalid
        If lengths differ or a label is out of range.
    """
    judged = _judged(decided, gold, cardinality)
    n = int(judged.sum())
    if n == 0:
        return Scores(0.0, 0.0, 0.0, 0)
    opinion = (decided != ABSTAIN) if covered is None else covered
    found = per_label(decided, gold, cardinality)
    named = set(np.unique(decided[judged]).tolist())
    occurring = [label.f1 for label in found if label.support or label.label in named]
    return Scores(
        accuracy=float((decided[judged] == gold[judged]).mean()),
        macro_f1=float(np.mean(occurring)),
        coverage=float(opinion[judged].mean()),
        n=n,
    )


def confusion(
    decided: NDArray[np.int16], gold: NDArray[np.int16], cardinality: int
) -> NDArray[np.int64]:
    """Return how often each gold label was decided as which.

    Returns
    -------
    NDArray[np.int64]
        ``[k, k]``; rows are gold labels, columns decided ones. Abstentions are in no column.

    Raises
    ------
    Invalid
        If lengths differ or a label is out of range.
    """
    both = _judged(decided, gold, cardinality) & (decided != ABSTAIN)
    places = gold[both].astype(np.int64) * cardinality + decided[both]
    return np.bincount(places, minlength=cardinality**2).reshape(cardinality, cardinality)


def per_label(
    decided: NDArray[np.int16], gold: NDArray[np.int16], cardinality: int
) -> list[LabelScores]:
    """Return precision, recall, F1 and support of each label, in the order of the labels.

    Raises
    ------
    Invalid
        If lengths differ or a label is out of range.
    """
    judged = _judged(decided, gold, cardinality)
    matrix = confusion(decided, gold, cardinality)
    right = np.diag(matrix).astype(np.float64)  # [k]
    chosen = matrix.sum(axis=0)  # [k]
    support = np.bincount(gold[judged], minlength=cardinality)  # [k], abstained on as well
    precision = right / np.maximum(chosen, 1)
    recall = right / np.maximum(support, 1)
    f1 = 2 * right / np.maximum(chosen + support, 1)
    return [
        LabelScores(
            label, float(precision[label]), float(recall[label]), float(f1[label]), int(count)
        )
        for label, count in enumerate(support.tolist())
    ]


def log_loss(probs: NDArray[np.float32] | NDArray[np.float64], gold: NDArray[np.int16]) -> float:
    """Return the mean negative log-probability of the gold labels, in nats; 0 is perfect.

    Parameters
    ----------
    probs
        ``[n, k]``, rows sum to 1.
    gold
        ``[n]``; documents without gold are left out.

    Raises
    ------
    Invalid
        If lengths differ, or no document has gold.
    """
    if len(probs) != len(gold):
        raise Invalid(f"{len(probs)} rows of probabilities do not fit {len(gold)} gold labels.")
    judged = gold != ABSTAIN
    if not judged.any():
        raise Invalid("No document has a gold label, so there is no loss. Review some first.")
    rows = np.flatnonzero(judged)
    chosen = probs[rows, gold[rows].astype(np.int64)].astype(np.float64)
    return float(-np.log(np.clip(chosen, _SMALLEST, 1.0)).mean())


def _judged(
    decided: NDArray[np.int16], gold: NDArray[np.int16], cardinality: int
) -> NDArray[np.bool_]:
    if decided.shape != gold.shape:
        raise Invalid(f"{len(decided)} decisions do not fit {len(gold)} gold labels.")
    for labels in (decided, gold):
        if len(labels) and not ABSTAIN <= labels.min() <= labels.max() < cardinality:
            raise Invalid(f"A label is outside -1..{cardinality - 1}.")
    judged: NDArray[np.bool_] = gold != ABSTAIN
    return judged
