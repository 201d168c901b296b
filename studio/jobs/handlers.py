"""Which function does which kind of job, and in which lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from studio.core.errors import NotFound
from studio.core.jobs import Job, Progress
from studio.storage.store import Store

Handler = Callable[[Store, Job, Progress], Mapping[str, Any]]
"""Does a job and returns its result as JSON values.

A job whose worker dies is done again from its beginning, so a handler may find the traces of an
earlier attempt and must come to the same end.
"""


@dataclass(frozen=True)
class Lane:
    """One queue of a worker.

    ``concurrency`` is how many of its jobs one worker does at a time; ``polling`` is how often an
    idle worker looks for the next one, in seconds. ``is_shared`` is whether one worker does at
    most one job of a project at a time, so that no project makes the others wait.
    """

    name: str
    concurrency: int
    polling: float
    is_shared: bool = False

    @property
    def queue(self) -> str:
        """Name of its durable queue: one that is shared out was made after one that was not."""
        return f"{self.name}-by-project" if self.is_shared else self.name


LANES: Final = {
    lane.name: lane
    for lane in (
        Lane("interactive", concurrency=2, polling=0.15),
        Lane("work", concurrency=4, polling=0.25, is_shared=True),
        Lane("training", concurrency=1, polling=0.5),
    )
}


@dataclass(frozen=True)
class Registered:
    """A kind of job: its lane and its handler."""

    kind: str
    lane: Lane
    run: Handler


_registered: dict[str, Registered] = {}


def handles(kind: str, *, lane: str = "work") -> Callable[[Handler], Handler]:
    """Return a decorator that makes a function the handler of ``kind``.

    Parameters
    ----------
    kind
        Stored with every job, so it never changes.
    lane
        ``"interactive"`` for what somebody waits for, ``"work"``, or ``"training"``.

    Raises
    ------
    ValueError
        If the lane does not exist or another function handles the kind: a mistake of the
        programmer, found at import.
    """
    if lane not in LANES:
        raise ValueError(f"There is no lane {lane!r}; there are {', '.join(LANES)}.")

    def add(handler: Handler) -> Handler:
        known = _registered.get(kind)
        # A reloaded module brings its own function again, and that is no second handler.
        if known and _address(known.run) != _address(handler):
            raise ValueError(
                f"Jobs of the kind {kind!r} are handled by {_address(known.run)} already."
            )
        _registered[kind] = Registered(kind, LANES[lane], handler)
        return handler

    return add


def handler_of(kind: str) -> Registered:
    """Return what is registered for a kind of job.

    Raises
    ------
    NotFound
        If no imported module handles it.
    """
    if kind not in _registered:
        raise NotFound(
            f"No part of this version of Weft does jobs of the kind {kind!r}. "
            "Start the work again from its page."
        )
    return _registered[kind]


def _address(handler: Handler) -> tuple[str, str]:
    return handler.__module__, handler.__qualname__
