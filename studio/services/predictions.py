"""Predictions of a run on the project's documents, kept so that pages only read them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.fingerprints import fingerprint
from studio.core.schema import ABSTAIN
from studio.core.votes import decide
from studio.evaluating.metrics import log_loss, scores
from studio.services.model_process import ModelProcess
from studio.storage.store import Store


def score_run(
    store: Store, project_id: int, run_id: int, artifact: str, *, seed: int
) -> dict[str, float]:
    """Predict all dev and test documents in a fresh process; return ``"split.metric"`` figures.

    Splits without gold are left out.
    """
    codes = store.documents.splits(project_id)
    held_out = np.flatnonzero(codes != Split.TRAIN.code)
    with ModelProcess(store.artifacts.path(artifact)) as model:
        probs = _predict(store, project_id, model, held_out)
    save(store, project_id, run_id, doc_ids=held_out, probs=probs)
    gold = store.annotations.gold(project_id)
    k = probs.shape[1] if len(probs) else 2
    metrics: dict[str, float] = {}
    for split in (Split.DEV, Split.TEST):
        judged = (codes[held_out] == split.code) & (gold[held_out] != ABSTAIN)
        if judged.any():
            truth = gold[held_out][judged]
            found = scores(decide(probs[judged], seed), truth, cardinality=k)
            metrics[f"{split.value}.accuracy"] = found.accuracy
            metrics[f"{split.value}.macro_f1"] = found.macro_f1
            metrics[f"{split.value}.log_loss"] = log_loss(probs[judged], truth)
            metrics[f"{split.value}.n"] = float(found.n)
    return metrics


def save(
    store: Store,
    project_id: int,
    run_id: int,
    *,
    doc_ids: NDArray[np.int64],
    probs: NDArray[np.float32],
) -> None:
    """Keep probabilities for some documents of a project; NaN stands for "not predicted"."""
    known = load(store, project_id, run_id)
    n, k = store.documents.count(project_id), probs.shape[1]
    full = np.full((n, k), np.nan, np.float32)
    if known is not None:
        full[: len(known)] = known
    full[doc_ids] = probs
    store.arrays.save("predictions", _key(project_id, run_id), full)


def load(store: Store, project_id: int, run_id: int) -> NDArray[np.float32] | None:
    """Return float32 ``[n, k]`` with NaN rows for documents not predicted; None before all."""
    known = store.arrays.load("predictions", _key(project_id, run_id))
    if known is None:
        return None
    n = store.documents.count(project_id)
    if len(known) == n:
        return known
    full = np.full((n, known.shape[1]), np.nan, np.float32)
    full[: len(known)] = known
    return full


def stamp(store: Store, project_id: int, run_id: int) -> tuple[int, int] | None:
    """Return what tells the predictions of now from those before; None before all."""
    return store.arrays.stamp("predictions", _key(project_id, run_id))


def _predict(
    store: Store, project_id: int, model: ModelProcess, doc_ids: NDArray[np.int64]
) -> NDArray[np.float32]:
    texts = store.documents.texts(project_id, doc_ids.tolist())
    return model.predict_proba(texts)


def _key(project_id: int, run_id: int) -> str:
    return fingerprint("predictions", project_id, run_id)
