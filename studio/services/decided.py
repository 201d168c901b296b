"""The label that probabilities decide, of weak labels and of training runs.

Kept as arrays under the fingerprint of what made them, so that a page that filters or shows
labels never goes through all probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid, NotFound
from studio.core.fingerprints import fingerprint
from studio.core.schema import ABSTAIN
from studio.services import predictions
from studio.storage.store import Store


@dataclass(frozen=True)
class Decided:
    """The most probable label of each document, int16 ``[n_docs]``, and its probability.

    ``labels`` is ``ABSTAIN`` and ``confidence`` (float32 ``[n_docs]``) NaN where nothing is known.
    """

    labels: NDArray[np.int16]
    confidence: NDArray[np.float32]


def of_weak_labels(store: Store, project_id: int) -> Decided | None:
    """Return what the chosen fit decided; None before one.

    Ties go to the first label, as tables and exports show them.

    Raises
    ------
    Invalid
        If the weak labels are gone from the disk.
    """
    chosen = store.projects.get(project_id).chosen_fit
    if chosen is None:
        return None
    fit = store.fits.get(chosen)
    probs = store.arrays.load("weak-labels", fit.weak_labels)
    covered = store.arrays.load("covered", fit.weak_labels)
    if probs is None or covered is None:
        raise Invalid(f"The weak labels of {fit.name} are gone from the disk. Fit it again.")
    found = _decided(store, fingerprint("decided", fit.weak_labels), lambda: (probs, covered))
    n = store.documents.count(project_id)  # documents that came later have no weak label yet
    return Decided(fit_to(found.labels, n, ABSTAIN), fit_to(found.confidence, n, np.nan))


def of_run(store: Store, project_id: int, run_id: int) -> Decided:
    """Return what a run decided on the documents that it was asked about.

    Raises
    ------
    NotFound
        If the project has no such run.
    """
    if store.runs.get(run_id).project_id != project_id:
        raise NotFound(f"The run {run_id} belongs to another project.")
    n = store.documents.count(project_id)
    stamp = predictions.stamp(store, project_id, run_id)
    key = fingerprint("decided", project_id, run_id, n, stamp)

    def read() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        probs = predictions.load(store, project_id, run_id)
        if probs is None:
            probs = np.full((n, 1), np.nan, np.float32)
        return probs, ~np.isnan(probs[:, 0])

    return _decided(store, key, read)


def fit_to(column: NDArray[Any], n: int, missing: Any = False) -> NDArray[Any]:
    """Return a column for exactly ``n`` documents."""
    if len(column) >= n:
        return column[:n]
    return np.concatenate([column, np.full(n - len(column), missing, column.dtype)])


def _decided(
    store: Store, key: str, read: Callable[[], tuple[NDArray[Any], NDArray[Any]]]
) -> Decided:
    labels = store.arrays.load("decided-labels", key)
    confidence = store.arrays.load("decided-confidence", key)
    if labels is None or confidence is None:
        probs, known = read()
        best = probs.argmax(axis=1)  # the one pass over all probabilities
        labels = np.where(known, best, ABSTAIN).astype(np.int16)
        confidence = np.where(known, probs[np.arange(len(best)), best], np.nan)
        confidence = confidence.astype(np.float32)
        store.arrays.save("decided-confidence", key, confidence)
        store.arrays.save("decided-labels", key, labels)
    return Decided(labels, confidence)
