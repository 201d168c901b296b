"""One worker a name and home: a lock that dies with its process."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from studio.core.fingerprints import fingerprint


def worker_lock(home: Path, executor_id: str) -> Path:
    """Return the file that the worker of this name locks."""
    return home / "locks" / f"worker-{fingerprint(executor_id)}.lock"


@contextlib.contextmanager
def hold(path: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold the lock while the block runs; the value says whether it could be had.

    The operating system frees it when the process ends, however it ends.

    Parameters
    ----------
    patience
        Seconds to wait for it. Whoever only looks holds it for a moment, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        deadline = time.monotonic() + patience
        while not (taken := _take(file)) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield taken


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now."""
    with hold(path) as free:
        return not free


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
