"""The clock beside the documents: ends one that takes too long, and notes the slow ones."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

from .faults import DocumentTimeout

_TICK_SECONDS = 0.005
_SLOW_SECONDS = 0.0125
_TICKS = 3
_KEPT = 5


class Watch:
    """Raises :class:`DocumentTimeout` in the user's code when nothing moves.

    A periodic timer compares how far the run is, so the loop over the documents pays nothing for
    it. ``slowest`` holds the rows that took longest and their seconds of processor time, to one
    tick of five milliseconds; it counts no time in which this process had to wait for others.
    While it ``is_paused``, no document is being asked about.
    """

    def __init__(self, position: Callable[[], int]) -> None:
        self.slowest: list[tuple[int, float]] = []
        self.is_paused = False
        self._position = position
        self._last = -1
        self._limit = 0.0
        self._still = 0.0
        self._ticked = self._used = self._began = 0.0
        signal.signal(signal.SIGALRM, self._tick)

    def start(self, seconds: float) -> None:
        """Allow each step ``seconds`` from now on."""
        self._limit, self._still = seconds, 0.0
        self._ticked, self._used = time.monotonic(), time.process_time()
        self._began = self._used
        tick = min(_TICK_SECONDS, seconds / _TICKS)
        signal.setitimer(signal.ITIMER_REAL, tick, tick)

    def stop(self) -> None:
        """Allow the rest all the time it wants."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._note(time.process_time())

    def _tick(self, number: int, frame: Any) -> None:
        now, used, position = time.monotonic(), time.process_time(), self._position()
        # A process that was stopped and goes on has not taken that long itself.
        step = min(now - self._ticked, self._limit / _TICKS)
        before, self._ticked = self._used, now
        self._used = used
        # What was seen at the last tick ended before this one was due: a tick comes late where
        # code in C does not let it in. What is seen now began before that, too.
        between = min(used, before + _TICK_SECONDS)
        if self.is_paused or position != self._last:
            self._note(between)
            self._last = -1 if self.is_paused else position
            self._still, self._began = 0.0, between
            return
        self._still += step
        if self._still >= self._limit:
            self._still = 0.0
            raise DocumentTimeout

    def _note(self, used: float) -> None:
        seconds = used - self._began
        if self._last >= 0 and seconds > _SLOW_SECONDS:
            self.slowest.append((self._last, round(seconds, 4)))
            self.slowest.sort(key=lambda found: -found[1])
            del self.slowest[_KEPT:]
        self._last = -1
