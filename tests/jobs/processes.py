"""Real worker processes for tests, and patience."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.core.jobs import Job
from studio.core.settings import Settings
from studio.jobs.supervisor import worker_environment
from studio.storage.store import Store

COMMAND = (sys.executable, "-W", "error", "-m", "tests.jobs.worker_entry")
ROOT = Path(__file__).parents[2]


@contextmanager
def worker(settings: Settings, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a worker while the block runs; its output is at ``stderr``."""
    environment = os.environ | worker_environment(settings) | variables
    process = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return as soon as the condition holds; fail if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def wait_for_end(store: Store, job_id: int, seconds: float = 60.0) -> Job:
    """Return the job when it is finished."""
    wait_until(lambda: store.jobs.get(job_id).state.is_finished, seconds)
    return store.jobs.get(job_id)


def notes(file: Path) -> list[str]:
    """Return what handlers wrote down so far."""
    return file.read_text(encoding="utf-8").split() if file.exists() else []
