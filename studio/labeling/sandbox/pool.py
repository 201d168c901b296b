"""The box that stays warm: starting one takes most of a second, a job in it some milliseconds."""

from __future__ import annotations

import atexit
import threading

from studio.labeling.sandbox.box import Box

IDLE_SECONDS = 300.0

_lock = threading.RLock()
_boxes: dict[tuple[bool, bool], Box] = {}
_timer: threading.Timer | None = None


def warm_box(*, bubblewrap: bool, confined: bool) -> Box:
    """Return a running box of this kind; it is closed when nobody asks for a while.

    Raises
    ------
    Unavailable
        If it does not start.
    """
    key = (bubblewrap, confined)
    with _lock:
        box = _boxes.get(key)
        if box is not None and not box.is_alive:
            box.close()
            box = None
        if box is None:
            box = _boxes[key] = Box.start(bubblewrap=bubblewrap, confined=confined)
        _restart_timer()
        return box


def close_boxes() -> None:
    """End all boxes; the next one who asks starts a new one."""
    with _lock:
        if _timer is not None:
            _timer.cancel()
        for box in _boxes.values():
            box.close()
        _boxes.clear()


def _close_idle() -> None:
    with _lock:
        if any(box.is_busy for box in _boxes.values()):
            _restart_timer()
        else:
            close_boxes()


def _restart_timer() -> None:
    global _timer
    if _timer is not None:
        _timer.cancel()
    _timer = threading.Timer(IDLE_SECONDS, _close_idle)
    _timer.daemon = True
    _timer.start()


atexit.register(close_boxes)
