"""Embeddings of documents: computed in a process of their own, kept a shard at a time."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.fingerprints import fingerprint
from studio.core.jobs import Progress, no_progress
from studio.labeling.base import ShardSource
from studio.services.model_process import AskedProcess, WarmProcesses
from studio.services.remembered import remember
from studio.storage.documents import Shard
from studio.storage.store import Store
from studio.training.backbones import BUNDLED, find_backbone

KIND = "embeddings"
CHUNK = 256
"""Texts a request: a stop is heard after each, a few seconds on a slow machine."""

Vectors = NDArray[np.float32]


class EmbeddingProcess(AskedProcess):
    """A backbone in a process of its own that turns texts into vectors of length 1."""

    def __init__(self, folder: Path) -> None:
        super().__init__("studio.training.embedding", folder)
        self.dimension = int(self.greeting["dimension"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 ``[n_texts, d]`` in the order of ``texts``."""
        raw = base64.b64decode(self.ask({"texts": list(texts)})["vectors"])
        return np.frombuffer(raw, "<f4").reshape(-1, self.dimension).astype(np.float32)


embedders = WarmProcesses(EmbeddingProcess, 1)
"""The backbone that a worker keeps loaded."""


def of_source(
    store: Store, project_id: int, source: ShardSource, *, progress: Progress = no_progress
) -> Vectors:
    """Return the embeddings of a file's documents, float32 ``[n_docs, d]``.

    Those of a shard are kept for good; those of any other file (a sample) are remembered text by
    text, so that a trial never waits for documents that it does not look at.

    Raises
    ------
    Unavailable
        If the backbone is not installed.
    RunFailed
        If its process dies.
    Canceled
        From ``progress``.
    """
    for shard in store.documents.shards(project_id):
        if shard.path == source.path:
            return of_shard(store, shard, progress=progress)
    texts = [text or "" for part in source.texts() for text in part.to_pylist()]
    return of_texts(store, texts, progress=progress)


def of_shard(store: Store, shard: Shard, *, progress: Progress = no_progress) -> Vectors:
    """Return the embeddings of a shard, mapped; they are computed the first time."""
    name = fingerprint(KIND, BUNDLED, shard.fingerprint)
    found = store.arrays.load(KIND, name)
    if found is None or len(found) != shard.n_docs:
        texts = store.documents.table(shard).column("text").to_pylist()
        computed = _compute(texts, progress)
        store.arrays.save(KIND, name, computed)
        found = store.arrays.load(KIND, name)
        return computed if found is None else found
    progress(1.0)
    return found


def of_texts(store: Store, texts: Sequence[str], *, progress: Progress = no_progress) -> Vectors:
    """Return the embeddings of some texts, float32 ``[n_texts, d]``."""
    name = fingerprint(KIND, BUNDLED)
    return remember(store, name, texts, lambda missing: _compute(missing, progress))


def exemplars_of(store: Store, project_id: int, doc_ids: Sequence[int]) -> list[str]:
    """Return documents as exemplars of a *similar* function: each text as one line."""
    return [" ".join(text.split()) for text in store.documents.texts(project_id, doc_ids)]


def _compute(texts: Sequence[str], progress: Progress) -> Vectors:
    """Embed each different text once; texts of like length go together."""
    places: dict[str, int] = {}
    for text in sorted(set(texts), key=len):
        places[text] = len(places)
    ranks = np.array([places[text] for text in texts], np.int64)
    rows = np.argsort(ranks, kind="stable")
    ordered, distinct = ranks[rows], list(places)
    folder = find_backbone(BUNDLED).path
    assert folder is not None, "the bundled backbone lies on this machine"
    with embedders.use(folder) as embedder:
        vectors = np.zeros((len(texts), embedder.dimension), np.float32)
        for first in range(0, len(distinct), CHUNK):
            found = embedder.embed(distinct[first : first + CHUNK])
            begin, end = np.searchsorted(ordered, [first, first + CHUNK])
            vectors[rows[begin:end]] = found[ordered[begin:end] - first]
            done = min(len(distinct), first + CHUNK)
            progress(done / len(distinct), f"embedding {done:,} of {len(distinct):,} texts")
    return vectors
