"""Whole studios as real processes, for tests that kill them; and projects of some size."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from studio.core.runs import TrainingSet
from studio.core.settings import Settings
from studio.jobs.supervisor import worker_environment
from studio.services import importing, projects
from studio.storage.store import Store
from tests.jobs.processes import ROOT, wait_until
from tests.services.helpers import ME, source
from tests.training.tiny import make_set

LABELS = ("bad", "good")


@contextmanager
def working(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m studio worker`` in a process group of its own while the block runs."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            (sys.executable, "-m", "studio", "worker"),
            cwd=ROOT,
            env=os.environ | worker_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def kill(process: subprocess.Popen[bytes]) -> list[str]:
    """Kill a worker alone, as the kernel would; wait until all that it started is gone, too.

    Returns
    -------
    list[str]
        Command lines of what it had started.
    """
    started = [child for child in family(process.pid) if child.pid != process.pid]
    commands = [command_of(child) for child in started]
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(is_alive(child) for child in started), 20)
    return commands


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all its descendants."""
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(process: psutil.Process) -> str:
    """Return a command line; empty if the process is gone."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return ""


def workers_of(home: Path) -> list[psutil.Process]:
    """Return the studio workers of a home that this process or its children started."""
    return [
        child
        for child in family(os.getpid())
        if command_of(child).endswith("-m studio worker")
        and child.environ().get("STUDIO_HOME") == str(home)
    ]


def make_films(store: Store, folder: Path, *, n_train: int = 64) -> int:
    """Create a project whose texts the tiny backbone can read; all documents have gold."""
    made = make_set(n_train, n_dev=16)
    train = [(text, code, "train") for text, code in zip(made.texts, decided(made), strict=True)]
    dev = [(text, code, "dev") for text, code in zip(made.dev_texts, made.dev_labels, strict=True)]
    path = folder / "films.csv"
    lines = [f"{text},{LABELS[code]},{split}" for text, code, split in train + dev]
    path.write_text("\n".join(["text,label,split", *lines]) + "\n", encoding="utf-8")
    number = projects.create_project(store, ME, name="Films", labels=list(LABELS))
    importing.import_file(store, ME, number, source=source(path))
    return number


def decided(made: TrainingSet) -> list[int]:
    """Return the likeliest label of each document."""
    return [int(code) for code in made.targets.argmax(axis=1)]
