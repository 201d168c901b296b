"""Keep a worker running as a child of the web server."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from studio.core.settings import Settings
from studio.jobs.locking import is_held, worker_lock

PARENT_VARIABLE: Final = "STUDIO_PARENT_PID"
"""Tells a worker whose child it is; it leaves when that process is gone."""

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""Seconds between the death of a worker and the next; doubled at each death in a row."""

HEALTHY_AFTER: Final = 60.0
"""A worker that lived this many seconds did not die of its start."""

STOP_WITHIN: Final = 10.0
MAX_LOG_BYTES: Final = 10_000_000

_log = logging.getLogger(__name__)


def start_child_worker(settings: Settings, command: Sequence[str] | None = None) -> Supervisor:
    """Start a worker, and start it again whenever it dies, until ``stop`` is called.

    Parameters
    ----------
    command
        What to run; ``python -m studio worker`` by default.
    """
    supervisor = Supervisor(settings, command or (sys.executable, "-m", "studio", "worker"))
    supervisor.start()
    return supervisor


def worker_environment(settings: Settings) -> dict[str, str]:
    """Return the variables from which a child reads these same settings."""
    return {
        "STUDIO_HOME": str(settings.home),
        "STUDIO_DATABASE_URL": settings.database_url,
        "STUDIO_WORKER": settings.worker,
        "STUDIO_EXECUTOR_ID": settings.executor_id,
        "STUDIO_TRUSTED_AUTHORS": "yes" if settings.trusted_authors else "no",
        "STUDIO_SANDBOX_LEVEL": settings.sandbox_level or "",
        "STUDIO_USER": settings.user,
        "STUDIO_IMPORT_FOLDER": str(settings.import_folder or ""),
    }


class Supervisor:
    """One child worker and the thread that watches over it.

    While a worker of the same name belongs to another process, this one only waits for its end.
    """

    def __init__(self, settings: Settings, command: Sequence[str]) -> None:
        self._settings = settings
        self._command = tuple(command)
        self._lock = worker_lock(settings.home, settings.executor_id)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="worker-supervisor", daemon=True)
        self._child: subprocess.Popen[bytes] | None = None
        self._problem: str | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child; None while there is none."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    @property
    def problem(self) -> str | None:
        """Why there is no working child, as a sentence for pages; None if all is well."""
        return self._problem

    def start(self) -> None:
        """Begin to watch; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the child, at first kindly, and return when it is gone."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            if is_held(self._lock):
                self._stopping.wait(1.0)
                continue
            began = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                return
            deaths = 1 if time.monotonic() - began > HEALTHY_AFTER else deaths + 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (deaths - 1))
            self._problem = (
                f"The worker ended with code {code} and is started again in {pause:.0f} s. "
                f"What it said last is in {self._log_path}."
            )
            _log.error(self._problem)
            self._stopping.wait(pause)

    def _run_once(self) -> int:
        environment = os.environ | worker_environment(self._settings)
        environment[PARENT_VARIABLE] = str(os.getpid())
        with self._open_log() as log:
            child = self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                # Ctrl-C in the terminal is for the web server, which then stops the worker.
                start_new_session=True,
            )
        began = time.monotonic()
        while child.poll() is None:
            if self._stopping.wait(0.2):
                _end(child)
            elif time.monotonic() - began > 2.0:
                self._problem = None
        return child.returncode

    @property
    def _log_path(self) -> Path:
        return self._settings.home / "logs" / "worker.log"

    def _open_log(self) -> IO[bytes]:
        path = self._log_path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
