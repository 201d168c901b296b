"""What is known of each text of a shard, computed once and kept beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.core.fingerprints import fingerprint
from studio.core.jobs import Progress, no_progress
from studio.importers.quality.duplicates import Keys, keys_of
from studio.importers.quality.languages import languages_of
from studio.importers.quality.personal import mask_column, unmasked
from studio.storage.documents import Shard
from studio.storage.store import Store

KEYS = "text_keys"
FLAGS = "personal_data"
LANGUAGES = "languages"
_BATCH = 8192


def text_keys(store: Store, shard: Shard) -> Keys:
    """Return the keys of a shard's texts as they were before masking, uint64 ``[n_docs, 2]``."""
    found = store.arrays.load(KEYS, _name(shard))
    if found is None or found.shape != (shard.n_docs, 2):
        found = keys_of(original_texts(store, shard))
        keep(store, shard, KEYS, found)
    return found


def personal_flags(store: Store, shard: Shard) -> NDArray[np.uint8]:
    """Return which kinds of personal data each text holds, or held before masking.

    uint8 ``[n_docs]``, as :class:`studio.importers.quality.personal.Masking` has them.
    """
    found = store.arrays.load(FLAGS, _name(shard))
    if found is None or found.shape != (shard.n_docs,):
        texts = pa.array(original_texts(store, shard), pa.large_string())
        found = mask_column(texts, ()).flags
        keep(store, shard, FLAGS, found)
    return found.astype(np.uint8)


def language_column(
    store: Store, shard: Shard, *, progress: Progress = no_progress
) -> Sequence[str]:
    """Return the language of each document of a shard as ISO 639-1 code, "" where unclear.

    Some 10,000 to 30,000 texts a second, the first time; then they are kept. Belongs into a job.
    """
    found = store.arrays.load(LANGUAGES, shard.fingerprint)
    if found is None or found.shape != (shard.n_docs,):
        texts = store.documents.table(shard).column("text")
        names: list[str] = []
        for start in range(0, shard.n_docs, _BATCH):
            names += languages_of(texts.slice(start, _BATCH).to_pylist())
            progress(len(names) / shard.n_docs, "languages")
        found = np.array(names, "S2")
        store.arrays.save(LANGUAGES, shard.fingerprint, found)
    return [name.decode("ascii") for name in found.tolist()]


def knows_languages(store: Store, shard: Shard) -> bool:
    """Whether :func:`language_column` has nothing to compute."""
    return store.arrays.exists(LANGUAGES, shard.fingerprint)


def keep(store: Store, shard: Shard, kind: str, column: NDArray[np.generic]) -> None:
    """Keep a column of a shard that was computed while its documents came in."""
    store.arrays.save(kind, _name(shard), column)


def original_texts(store: Store, shard: Shard) -> list[str]:
    """Return the texts of a shard as they were before masking; for the studio's own use."""
    texts: list[str] = store.documents.table(shard).column("text").to_pylist()
    values: dict[int, dict[str, str]] = {}
    for item in store.masked.of(shard.project_id, shard.first_doc_id, shard.n_docs):
        values.setdefault(item.doc_id - shard.first_doc_id, {})[item.token] = item.value
    for row, by_token in values.items():
        texts[row] = unmasked(texts[row], by_token)
    return texts


def _name(shard: Shard) -> str:
    # Not by the file alone: what was masked in it belongs to one project and its rows.
    return fingerprint(shard.project_id, shard.first_doc_id, shard.fingerprint)
