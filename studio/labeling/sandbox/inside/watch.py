"""The soft time limit: it ends one document, with the line of code where it hung."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from .faults import DocumentTimeout

_TICKS = 3


class Watch:
    """Raises :class:`DocumentTimeout` in the user's code when nothing moves.

    A periodic timer compares how far the run is; three ticks without a step are a time-out. The
    loop over the documents pays nothing for it.
    """

    def __init__(self, position: Callable[[], int]) -> None:
        self._position = position
        self._last = -1
        self._still = 0
        signal.signal(signal.SIGALRM, self._tick)

    def start(self, seconds: float) -> None:
        """Allow each step ``seconds`` from now on."""
        self._still = 0
        signal.setitimer(signal.ITIMER_REAL, seconds / _TICKS, seconds / _TICKS)

    def stop(self) -> None:
        """Allow the rest all the time it wants."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _tick(self, number: int, frame: Any) -> None:
        position = self._position()
        if position != self._last:
            self._last, self._still = position, 0
            return
        self._still += 1
        if self._still >= _TICKS:
            self._still = 0
            raise DocumentTimeout
