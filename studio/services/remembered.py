"""Vectors of texts that were asked for lately, kept by text: a trial asks for the same again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.storage.store import Store

KIND = "remembered"
MOST = 20_000
"""Texts kept; with embeddings of 384 numbers that is 30 MB."""

Vectors = NDArray[np.float32]


def remember(
    store: Store, name: str, texts: Sequence[str], compute: Callable[[list[str]], Vectors]
) -> Vectors:
    """Return a vector a text, float32 ``[n_texts, d]``; only unknown ones are computed.

    Parameters
    ----------
    store
        Where vectors are kept.
    name
        A fingerprint of what they are vectors of: the same name, the same vector for a text.
    texts
        In any order, also repeated.
    compute
        From texts, at least one and all different, to their vectors.
    """
    hashes = np.array([_hash(text) for text in texts], np.uint64)
    kept = store.arrays.load(KIND, name)
    known = np.isin(hashes, kept["hash"]) if kept is not None else np.zeros(len(texts), np.bool_)
    missing = dict(zip(hashes[~known].tolist(), np.flatnonzero(~known).tolist(), strict=True))
    parts = [] if kept is None else [np.asarray(kept)]
    if missing:
        found = compute([texts[row] for row in missing.values()])
        fresh = np.zeros(len(missing), [("hash", "<u8"), ("vector", "<f4", found.shape[1:])])
        fresh["hash"], fresh["vector"] = list(missing), found
        parts.append(fresh)
    if not parts:
        return np.zeros((0, 0), np.float32)
    table = np.concatenate(parts)
    order = np.argsort(table["hash"], kind="stable")
    rows = order[np.searchsorted(table["hash"], hashes, sorter=order)]
    if missing:
        # The newest are at the end, and of those no more than there is room for.
        store.arrays.save(KIND, name, table[-MOST:])
    vectors: Vectors = table["vector"][rows]
    return vectors


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
