"""What a finished training run says of documents, for labeling functions that ask it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid, NotFound
from studio.core.fingerprints import fingerprint
from studio.core.jobs import JobState, Progress, no_progress
from studio.core.runs import TrainingRun
from studio.labeling.base import ShardSource
from studio.services import predictions
from studio.services.model_process import BATCH, models
from studio.services.remembered import remember
from studio.storage.documents import Shard
from studio.storage.store import Store
from studio.training.manifest import read_manifest

Probs = NDArray[np.float32]


def usable_runs(store: Store, project_id: int) -> list[TrainingRun]:
    """Return the runs of a project that can vote, the newest first."""
    return [run for run in store.runs.list(project_id) if _is_usable(run)]


def run_fingerprint(store: Store, project_id: int, run_id: int) -> str:
    """Return what the votes of a run rest on; never raises, as a run may be gone."""
    try:
        run = store.runs.get(run_id)
    except NotFound:
        return "missing"
    if run.project_id != project_id or not _is_usable(run):
        return "missing"
    return _identity(run)


def of_source(
    store: Store,
    project_id: int,
    run_id: int,
    source: ShardSource,
    *,
    progress: Progress = no_progress,
) -> Probs:
    """Return probabilities for a file's documents, float32 ``[n_docs, k]``.

    Columns are the labels of the project, in order. Predictions on documents of the project are
    kept with the run; those on any other file (a sample) are remembered text by text.

    Raises
    ------
    NotFound
        If the project has no such run.
    Invalid
        If the run is not finished, or knows other labels than the project.
    RunFailed
        If the model's process dies.
    Canceled
        From ``progress``.
    """
    folder, columns = _model_of(store, project_id, run_id)
    for shard in store.documents.shards(project_id):
        if shard.path == source.path:
            probs = _of_shard(store, run_id, shard, folder, progress=progress)
            return probs[:, columns]
    texts = [text or "" for part in source.texts() for text in part.to_pylist()]
    name = fingerprint("run", _identity(store.runs.get(run_id)))
    found = remember(store, name, texts, lambda missing: _predict(folder, missing, progress))
    return found[:, columns]


def _of_shard(
    store: Store, run_id: int, shard: Shard, folder: Path, *, progress: Progress
) -> Probs:
    project_id = shard.project_id
    ids = np.arange(shard.first_doc_id, shard.first_doc_id + shard.n_docs)
    known = predictions.load(store, project_id, run_id)
    missing = ids if known is None else ids[np.isnan(known[ids, 0])]
    if len(missing):
        texts = store.documents.texts(project_id, missing.tolist())
        found = _predict(folder, texts, progress)
        predictions.save(store, project_id, run_id, doc_ids=missing, probs=found)
        known = predictions.load(store, project_id, run_id)
    assert known is not None
    progress(1.0)
    return np.asarray(known[ids], np.float32)


def _predict(folder: Path, texts: list[str], progress: Progress) -> Probs:
    with models.use(folder) as model:
        parts = [np.zeros((0, len(model.labels)), np.float32)]
        for first in range(0, len(texts), BATCH):
            parts.append(model.predict_proba(texts[first : first + BATCH]))
            done = min(len(texts), first + BATCH)
            progress(done / len(texts), f"predicting {done:,} of {len(texts):,} texts")
    return np.concatenate(parts)


def _model_of(store: Store, project_id: int, run_id: int) -> tuple[Path, list[int]]:
    """Return a run's model, and which of its columns is each label of the project."""
    run = store.runs.get(run_id)
    if run.project_id != project_id:
        raise NotFound(f"The project has no training run {run_id}.")
    if not _is_usable(run) or run.artifact is None:
        raise Invalid(
            f"The training run {run_id} is {run.state.value} and has no model that could vote. "
            "Choose a finished one."
        )
    folder = store.artifacts.path(run.artifact)
    manifest = read_manifest(folder) if folder.is_dir() else None
    if manifest is None:
        raise NotFound(f"The model of the training run {run_id} is gone. Train it again.")
    names = store.projects.get(project_id).schema.names
    if set(names) != set(manifest.labels):
        raise Invalid(
            f"The training run {run_id} knows the labels {', '.join(manifest.labels[:8])}, the "
            "project has others. Choose a run that was trained with today's labels."
        )
    return folder, [manifest.labels.index(name) for name in names]


def _is_usable(run: TrainingRun) -> bool:
    return run.state is JobState.SUCCEEDED and run.artifact is not None


def _identity(run: TrainingRun) -> str:
    """Return what tells the model of a run from all others."""
    return fingerprint(run.run_id, run.artifact, run.training_set, run.seed)
