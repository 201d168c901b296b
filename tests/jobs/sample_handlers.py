"""Handlers that stand for real work: quick, slow, failing, and deadly."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.core.errors import Canceled, FailureCategory, Invalid, RunFailed, Unavailable
from studio.core.jobs import Job, Progress
from studio.jobs.handlers import handles
from studio.storage.store import Store

ERRORS = {
    "invalid": Invalid("The column 'x' is missing."),
    "unavailable": Unavailable("The model 'm' is not there."),
    "run": RunFailed("Too big.", FailureCategory.OUT_OF_MEMORY),
    "memory": MemoryError(),
    "bug": ZeroDivisionError("division by zero"),
    "canceled": Canceled(),
}


@handles("test_echo", lane="interactive")
def echo(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    progress(0.5, "half")
    return {"echo": job.spec["word"]}


@handles("test_fail")
def fail(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    raise ERRORS[job.spec["error"]]


@handles("test_not_json")
def not_json(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    return {"path": object()}


@handles("test_note", lane="work")
def note(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Write the job's id to the file of the spec."""
    _note(job, str(job.job_id))
    return {}


@handles("test_slow", lane="training")
def slow(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Write "begin", "undo" when unwound, "end" at the end to the file of the spec."""
    _note(job, "begin")
    done = False
    try:
        for step in range(job.spec["steps"]):
            progress(step / job.spec["steps"], f"step {step}")
            time.sleep(0.05)
        done = True
    finally:
        _note(job, "end" if done else "undo")
    return {"steps": job.spec["steps"]}


@handles("test_stubborn", lane="training")
def stubborn(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Come to an end of its own when asked to stop, as training does."""
    try:
        while True:
            progress(0.3)
            time.sleep(0.01)
    except Canceled:
        progress(0.9, "keeping what there is")
    return {"kept": True}


@handles("test_deaf", lane="training")
def deaf(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    _note(job, "begin")
    time.sleep(600)
    return {}


@handles("test_deadly", lane="work")
def deadly(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    _note(job, "begin")
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@handles("test_parent")
def parent(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    from studio.jobs.queue import enqueue

    child = enqueue(store, "test_echo", {"word": "child"}, project_id=None, actor=job.created_by)
    return {"child": child}


def _note(job: Job, word: str) -> None:
    with Path(job.spec["file"]).open("a", encoding="utf-8") as file:
        file.write(word + "\n")
