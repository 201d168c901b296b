"""Times and memory of this process and of all that it has started."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_SAMPLED = 0.05


@dataclass(frozen=True)
class Timing:
    """The best of some rounds, in seconds; ``cpu`` counts this process and the sandbox."""

    wall: float
    cpu: float


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """Measure memory while the block runs: PSS of this process and of all below it.

    PSS counts a page that several processes share once. The documents are mapped files, so the
    pages of them that happen to be in memory count as well.
    """
    peak, over = [0.0], threading.Event()
    this = psutil.Process()

    def look() -> None:
        while not over.is_set():
            total = 0
            for process in [this, *this.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue  # it has ended since
            peak[0] = max(peak[0], total)
            over.wait(_SAMPLED)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def best(work: Callable[[], object], rounds: int) -> Timing:
    """Do some work several times and return the best times."""
    timings = []
    for _ in range(rounds):
        cpu, wall = _cpu(), time.perf_counter()
        work()
        timings.append(Timing(time.perf_counter() - wall, _cpu() - cpu))
    return Timing(min(t.wall for t in timings), min(t.cpu for t in timings))


def _cpu() -> float:
    """Return processor seconds of this process and of all below it, ended ones included."""
    total = 0.0
    this = psutil.Process()
    for process in [this, *this.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
        if process.pid != this.pid:
            total += times.children_user + times.children_system
    return total


def step_back(niceness: int) -> None:
    """Run behind others from now on, for good: only an administrator may take it back."""
    now = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(now, niceness))
