"""What texts and metadata cells hold, asked of mapped files shard by shard."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.core.filters import CellCondition, TextMode
from studio.storage.cells import cell_mask, count_cells
from studio.storage.keeping import Kept
from studio.storage.patterns import Pattern, patterns_of
from studio.storage.shards import Shard, open_table

Mask = NDArray[np.bool_]


class MappedShards:
    """The files of shards, each opened once. They never change, so what is read stays true."""

    def __init__(self) -> None:
        self._tables: Kept[Path, pa.Table] = Kept(256)
        # 64 KiB a mask at most; the pages of one search ask for the same masks again.
        self._masks: Kept[tuple[Path, Hashable], Mask] = Kept(512)
        self._lengths: Kept[Path, NDArray[np.int32]] = Kept(128)
        self._counts: Kept[tuple[Path, str], dict[str, int] | None] = Kept(512)

    def table(self, shard: Shard) -> pa.Table:
        """Return a shard's table; see :func:`open_table`."""
        return self._tables.get(shard.path, lambda: open_table(shard.path))

    def holds(self, shards: Sequence[Shard], text: str, mode: TextMode, case: bool) -> Mask:
        """Return bool ``[n_docs]``: whether each text has what is searched for.

        Raises
        ------
        Invalid
            If ``text`` is a regular expression that the engine does not understand.
        """
        patterns = patterns_of(text, mode, case)
        found = np.ones(sum(shard.n_docs for shard in shards), np.bool_)
        for pattern in patterns:
            found &= self._masks_of(shards, pattern, self._search)
        return found

    def cells(self, shards: Sequence[Shard], condition: CellCondition) -> Mask:
        """Return bool ``[n_docs]``: whether each document's cell is what a condition asks."""
        return self._masks_of(shards, condition, self._ask)

    def cell_counts(self, shards: Sequence[Shard], column: str, most: int) -> dict[str, int]:
        """Return the values of a metadata column with their counts, the most frequent first.

        Empty where there are more than ``most``: such a column is no list of choices.
        """
        total: dict[str, int] = {}
        for shard in shards:
            key = (shard.path, f"{most} {column}")
            counts = self._counts.get(
                key, partial(count_cells, self.table(shard), column, most=most)
            )
            if counts is None:
                return {}
            for value, count in counts.items():
                total[value] = total.get(value, 0) + count
        if len(total) > most:
            return {}
        return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))

    def lengths(self, shards: Sequence[Shard]) -> NDArray[np.int32]:
        """Return the length of each text in characters, int32 ``[n_docs]``."""
        parts = [self._lengths.get(s.path, partial(self._measure, s)) for s in shards]
        return np.concatenate([np.zeros(0, np.int32), *parts])

    def _masks_of(
        self,
        shards: Sequence[Shard],
        asked: Any,
        ask: Callable[[Shard, Any], Mask],
    ) -> Mask:
        def one(shard: Shard) -> Mask:
            return self._masks.get((shard.path, asked), lambda: ask(shard, asked))

        # Arrow searches without holding the interpreter, so shards can be searched side by side.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            parts = list(pool.map(one, shards))
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def _search(self, shard: Shard, pattern: Pattern) -> Mask:
        texts = self.table(shard).column("text")
        if not pattern.regex:
            return _matched(pc.match_substring, texts, pattern.words, case=pattern.case)
        if not pattern.hint:
            return _matched(pc.match_substring_regex, texts, pattern.words, case=pattern.case)
        found = _matched(pc.match_substring, texts, pattern.hint, case=pattern.case)
        # In one piece: the engine reads an expression anew for each, at 2 ms.
        likely = texts.filter(pa.array(found)).combine_chunks()
        found[found] = _matched(pc.match_substring_regex, likely, pattern.words, case=pattern.case)
        return found

    def _ask(self, shard: Shard, condition: CellCondition) -> Mask:
        return cell_mask(self.table(shard), condition)

    def _measure(self, shard: Shard) -> NDArray[np.int32]:
        counted = pc.utf8_length(self.table(shard).column("text"))
        lengths: NDArray[np.int32] = counted.to_numpy().astype(np.int32)
        return lengths


def _matched(match: Callable[..., Any], texts: Any, words: str, *, case: bool) -> Mask:
    # A copy, because Arrow's own memory is read-only.
    found: Mask = np.array(
        match(texts, words, ignore_case=not case).to_numpy(zero_copy_only=False), np.bool_
    )
    return found
