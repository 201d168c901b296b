"""The work of a check: all documents are looked at, shard by shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.core.documents import LONG_TEXT_LENGTH
from studio.core.fingerprints import fingerprint
from studio.core.jobs import Progress
from studio.importers.quality.choices import KINDS, CheckOptions
from studio.importers.quality.duplicates import groups_of
from studio.importers.quality.languages import languages_of
from studio.importers.quality.near import near_groups
from studio.services.quality_columns import (
    knows_languages,
    language_column,
    personal_flags,
    text_keys,
)
from studio.storage.documents import Shard
from studio.storage.store import Store

EXACT: Final = "duplicate_groups"
NEAR: Final = "near_groups"
LANGUAGES: Final = "checked_languages"
SAMPLE: Final = 50_000
"""Documents whose language is looked at unless all are asked for; drawn with seed 0."""

NOT_READ: Final = b"-"
_VERSION: Final = 1
_BATCH: Final = 8192

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Checked:
    """What a check keeps.

    Attributes
    ----------
    exact, near
        int64 ``[n]``: the first document of the group of equal, of equal or near documents.
    languages
        ``S2 [n]``: ISO 639-1 code, empty for unclear, ``NOT_READ`` where nobody looked.
    counts
        JSON: languages, n_languages, personal, n_empty, n_overlong, threshold.
    """

    exact: Ids
    near: Ids
    languages: NDArray[np.bytes_]
    counts: Mapping[str, Any]

    @property
    def n(self) -> int:
        """The number of documents that were checked."""
        return len(self.exact)


def check(store: Store, project_id: int, options: CheckOptions, progress: Progress) -> str:
    """Check all documents, unless that was done; return the name under which it is kept."""
    shards = store.documents.shards(project_id)
    documents = [[shard.first_doc_id, shard.fingerprint] for shard in shards]
    key = fingerprint(_VERSION, project_id, documents, options.model_dump())
    if load(store, key) is not None:
        return key
    keys, flags = [], []
    for done, shard in enumerate(shards):
        progress(0.1 * done / len(shards), "Looking for equal texts and personal data")
        keys.append(text_keys(store, shard))
        flags.append(personal_flags(store, shard))
    exact = groups_of(np.concatenate(keys))
    found, looked_at = _languages(store, shards, options, _part(progress, 0.1, 0.3))
    near = _near(store, shards, exact, options, progress=_part(progress, 0.3, 0.99))
    counts = {
        "languages": looked_at,
        "n_languages": sum(looked_at.values()),
        "personal": _personal(np.concatenate(flags)),
        **_lengths(store, project_id, shards),
        "threshold": options.threshold,
    }
    store.arrays.save(EXACT, key, exact)
    store.arrays.save(NEAR, key, near)
    store.arrays.save(LANGUAGES, key, found)
    # Last: it is what says that the rest is there.
    store.explanations.save(key, counts)
    return key


def load(store: Store, key: str) -> Checked | None:
    """Return what a check found; None if it is not there, or not whole."""
    counts = store.explanations.find(key)
    arrays = [store.arrays.load(kind, key) for kind in (EXACT, NEAR, LANGUAGES)]
    if counts is None or any(array is None for array in arrays):
        return None
    exact, near, languages = (np.asarray(array) for array in arrays)
    return Checked(exact, near, languages, counts)


def _part(progress: Progress, low: float, high: float) -> Progress:
    def report(fraction: float, message: str = "") -> None:
        progress(low + (high - low) * fraction, message)

    return report


def _languages(
    store: Store, shards: tuple[Shard, ...], options: CheckOptions, progress: Progress
) -> tuple[NDArray[np.bytes_], dict[str, int]]:
    n = sum(shard.n_docs for shard in shards)
    names = np.full(n, NOT_READ, "S2")
    everything = (
        options.all_languages or n <= SAMPLE or all(knows_languages(store, s) for s in shards)
    )
    drawn = np.sort(np.random.default_rng(0).choice(n, min(n, SAMPLE), replace=False))
    for done, shard in enumerate(shards):
        part = _part(progress, done / len(shards), (done + 1) / len(shards))
        part(0.0, "Telling languages")
        first, end = shard.first_doc_id, shard.first_doc_id + shard.n_docs
        if everything:
            names[first:end] = np.array(language_column(store, shard, progress=part), "S2")
        else:
            rows = drawn[(drawn >= first) & (drawn < end)]
            texts = store.documents.texts(shard.project_id, rows.tolist())
            names[rows] = np.array(languages_of(texts), "S2")
    codes, numbers = np.unique(names[names != NOT_READ], return_counts=True)
    order = np.argsort(-numbers, kind="stable")
    return names, {codes[at].decode("ascii"): int(numbers[at]) for at in order}


def _near(
    store: Store,
    shards: tuple[Shard, ...],
    exact: Ids,
    options: CheckOptions,
    *,
    progress: Progress,
) -> Ids:
    """Return the groups of equal or near documents; of equal texts one is compared."""
    is_first = exact == np.arange(len(exact))
    firsts = np.flatnonzero(is_first)
    project_id = shards[0].project_id

    def batches() -> Iterator[list[str]]:
        for shard in shards:
            texts = store.documents.table(shard).column("text")
            for start in range(0, shard.n_docs, _BATCH):
                place = shard.first_doc_id + start
                wanted = pa.array(
                    is_first[place : min(place + _BATCH, place - start + shard.n_docs)]
                )
                yield texts.slice(start, _BATCH).filter(wanted).to_pylist()

    groups = near_groups(
        batches(),
        len(firsts),
        texts=lambda ids: store.documents.texts(project_id, firsts[ids].tolist()),
        threshold=options.threshold,
        progress=progress,
    )
    ranks = np.cumsum(is_first) - 1
    return firsts[groups[ranks[exact]]].astype(np.int64)


def _personal(flags: NDArray[np.uint8]) -> dict[str, int]:
    return {kind: int(((flags >> bit) & 1).sum()) for bit, kind in enumerate(KINDS)}


def _lengths(store: Store, project_id: int, shards: tuple[Shard, ...]) -> dict[str, int]:
    n_empty = 0
    for shard in shards:
        texts = store.documents.table(shard).column("text")
        n_empty += pc.sum(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py() or 0
    n = sum(shard.n_docs for shard in shards)
    lengths = store.documents.text_lengths(project_id)[:n]
    return {"n_empty": n_empty, "n_overlong": int((lengths > LONG_TEXT_LENGTH).sum())}
