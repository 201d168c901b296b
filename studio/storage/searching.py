"""Substring search and lengths over mapped texts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.storage.keeping import Kept
from studio.storage.shards import Shard, open_table


class MappedShards:
    """The files of shards, each opened once. They never change, so what is read stays true."""

    def __init__(self) -> None:
        self._tables: Kept[Path, pa.Table] = Kept(256)
        # 64 KiB a mask at most; the pages of one search ask for the same masks again.
        self._masks: Kept[tuple[Path, str], NDArray[np.bool_]] = Kept(512)
        self._lengths: Kept[Path, NDArray[np.int32]] = Kept(128)

    def table(self, shard: Shard) -> pa.Table:
        """Return a shard's table; see :func:`open_table`."""
        return self._tables.get(shard.path, lambda: open_table(shard.path))

    def holds(self, shards: Sequence[Shard], words: str) -> NDArray[np.bool_]:
        """Return bool ``[n_docs]``: whether each text holds ``words``, compared without case."""
        needle = words.encode("utf-8", "replace").decode("utf-8")

        def search(shard: Shard) -> NDArray[np.bool_]:
            return self._masks.get((shard.path, needle), lambda: self._search(shard, needle))

        # Arrow searches without holding the interpreter, so shards can be searched side by side.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            parts = list(pool.map(search, shards))
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def lengths(self, shards: Sequence[Shard]) -> NDArray[np.int32]:
        """Return the length of each text in characters, int32 ``[n_docs]``."""
        parts = [self._lengths.get(s.path, partial(self._measure, s)) for s in shards]
        return np.concatenate([np.zeros(0, np.int32), *parts])

    def _search(self, shard: Shard, needle: str) -> NDArray[np.bool_]:
        found = pc.match_substring(self._texts(shard), needle, ignore_case=True)
        mask: NDArray[np.bool_] = found.to_numpy().astype(np.bool_)
        return mask

    def _measure(self, shard: Shard) -> NDArray[np.int32]:
        counted = pc.utf8_length(self._texts(shard))
        lengths: NDArray[np.int32] = counted.to_numpy().astype(np.int32)
        return lengths

    def _texts(self, shard: Shard) -> Any:
        return self.table(shard).column("text")
