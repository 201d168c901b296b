"""Equal texts, found by a key of 128 bits a text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
"""``[n, 2]``: 128 bits a text."""


def normal_form(text: str) -> str:
    """Return what two texts must share to count as equal: NFC, blanks collapsed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def keys_of(texts: Iterable[str]) -> Keys:
    """Return one key a text, uint64 ``[n, 2]``; texts of equal normal form have equal keys."""
    digests = b"".join(
        blake2b(normal_form(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for text in texts
    )
    return np.frombuffer(digests, "<u8").reshape(-1, 2).astype(np.uint64)


def groups_of(keys: Keys) -> NDArray[np.int64]:
    """Return for each key the position of the first that is equal, int64 ``[n]``."""
    order = np.lexsort((keys[:, 1], keys[:, 0]))  # stable: equal keys stay in their order
    ordered = keys[order]
    starts = np.ones(len(keys), np.bool_)
    starts[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    firsts = np.empty(len(keys), np.int64)
    firsts[order] = order[starts][np.cumsum(starts) - 1]
    return firsts


@dataclass(frozen=True)
class _Level:
    """Keys in ascending order of their first half, and where each was entered first."""

    heads: NDArray[np.uint64]
    tails: NDArray[np.uint64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.heads)


class KeyIndex:
    """Remembers keys, 24 bytes each, and tells which were there before.

    Keys lie in sorted runs that are joined when they reach equal size, so that a million keys
    are in some twenty runs at most and each is moved some twenty times.
    """

    def __init__(self) -> None:
        self._levels: list[_Level] = []
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def enter(self, keys: Keys) -> NDArray[np.int64]:
        """Enter keys and return for each the position of the first equal one, int64 ``[n]``.

        Positions count all keys ever entered, from 0. A key that is new gets its own position.
        """
        own = np.arange(self._n, self._n + len(keys))
        firsts = groups_of(keys) + self._n
        for level in self._levels:
            firsts = np.where((found := _find(level, keys)) >= 0, found, firsts)
        new = firsts == own
        self._n += len(keys)
        if new.any():
            self._levels.append(_sorted(keys[new, 0], keys[new, 1], own[new]))
        while len(self._levels) > 1 and len(self._levels[-2]) <= 2 * len(self._levels[-1]):
            self._levels[-2:] = [_joined(*self._levels[-2:])]
        return firsts


def _find(level: _Level, keys: Keys) -> NDArray[np.int64]:
    at = np.minimum(np.searchsorted(level.heads, keys[:, 0]), len(level) - 1)
    # Of two texts that share 64 bits by chance, the second counts as new: nothing gets lost.
    same = (level.heads[at] == keys[:, 0]) & (level.tails[at] == keys[:, 1])
    return np.where(same, level.positions[at], -1)


def _sorted(
    heads: NDArray[np.uint64], tails: NDArray[np.uint64], positions: NDArray[np.int64]
) -> _Level:
    order = np.argsort(heads, kind="stable")
    return _Level(heads[order], tails[order], positions[order])


def _joined(one: _Level, other: _Level) -> _Level:
    return _sorted(
        np.concatenate([one.heads, other.heads]),
        np.concatenate([one.tails, other.tails]),
        np.concatenate([one.positions, other.positions]),
    )
