"""Values that never go stale, kept while there is room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """What was made of a key, for keys that always make the same. Safe between threads.

    Parameters
    ----------
    keep
        How many values are kept at most; the one used longest ago goes first.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what was made of ``key`` before, else what ``make`` makes of it now."""
        with self._lock:
            if key in self._values:
                self._values[key] = self._values.pop(key)  # the newest last
                return self._values[key]
        value = make()  # without the lock: two may make it at once, and make the same
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._keep:
                del self._values[next(iter(self._values))]
        return value
