"""Evaluation: how good are runs and label models on the same documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.jobs import JobState
from studio.core.runs import Scores
from studio.core.schema import ABSTAIN
from studio.core.votes import decide
from studio.evaluating.metrics import LabelScores, confusion, per_label, scores
from studio.services import predictions, weak_labels
from studio.storage.store import Store


@dataclass(frozen=True)
class Judged:
    """Something that can be evaluated: ``key`` is ``"run:7"`` or ``"fit:3"``."""

    key: str
    title: str
    detail: str


@dataclass(frozen=True)
class Evaluation:
    """What one source is worth on the gold documents of one split.

    ``confusion`` is int64 ``[k, k]``: rows are gold labels, columns decided ones. ``doc_ids``,
    ``gold`` and ``decided`` are aligned, one a judged document.
    """

    source: Judged
    scores: Scores
    confusion: NDArray[np.int64]
    per_label: tuple[LabelScores, ...]
    doc_ids: NDArray[np.int64]
    gold: NDArray[np.int16]
    decided: NDArray[np.int16]
    probs: NDArray[np.float32]


def sources(store: Store, project_id: int) -> list[Judged]:
    """Return all that can be evaluated: succeeded runs, newest first, then the label models."""
    found = [
        Judged(f"run:{run.run_id}", run.name, run.method)
        for run in store.runs.list(project_id)
        if run.state is JobState.SUCCEEDED and run.artifact
    ]
    for row in weak_labels.list_fits(store, project_id):
        title = "Majority vote" if row.fit.name == "majority" else f"Label model {row.fit.name}"
        found.append(Judged(f"fit:{row.fit.fit_id}", title, "weak labels"))
    return found


def evaluate(store: Store, project_id: int, keys: Sequence[str], split: Split) -> list[Evaluation]:
    """Return each source's worth on the gold documents of a split.

    All are judged on the same documents: those with gold that every source has an answer for.

    Raises
    ------
    Invalid
        If the split has no gold document.
    """
    gold = store.annotations.gold(project_id)
    judged = (store.documents.splits(project_id) == split.code) & (gold != ABSTAIN)
    if not judged.any():
        raise Invalid(
            f"No document of the split {split.value} has a gold label, so nothing can be judged. "
            f"Review some documents of that split, or import a labeled file as {split.value}."
        )
    known = {judged_.key: judged_ for judged_ in sources(store, project_id)}
    chosen = [known[key] for key in keys if key in known]
    probs = {source.key: _probs(store, project_id, source.key) for source in chosen}
    for matrix, _, _ in probs.values():
        judged &= ~np.isnan(matrix[:, 0])
    doc_ids = np.flatnonzero(judged).astype(np.int64)
    return [_evaluate(source, probs[source.key], doc_ids, gold) for source in chosen]


def _evaluate(
    source: Judged,
    found: tuple[NDArray[np.float32], NDArray[np.bool_], int],
    doc_ids: NDArray[np.int64],
    gold: NDArray[np.int16],
) -> Evaluation:
    matrix, covered, seed = found
    k = matrix.shape[1]
    truth = gold[doc_ids]
    decided = decide(matrix[doc_ids], seed)
    return Evaluation(
        source=source,
        scores=scores(decided, truth, cardinality=k, covered=covered[doc_ids]),
        confusion=confusion(decided, truth, k),
        per_label=tuple(per_label(decided, truth, k)),
        doc_ids=doc_ids,
        gold=truth,
        decided=decided,
        probs=matrix[doc_ids],
    )


def _probs(
    store: Store, project_id: int, key: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    kind, number = key.split(":")
    if kind == "fit":
        fit = store.fits.get(int(number))
        weak = weak_labels.load(store, fit)
        return weak.probs, weak.covered, fit.seed
    run = store.runs.get(int(number))
    known = predictions.load(store, project_id, run.run_id)
    n = store.documents.count(project_id)
    if known is None:
        k = store.projects.get(project_id).schema.cardinality
        known = np.full((n, k), np.nan, np.float32)
    return known, np.ones(n, np.bool_), run.seed
