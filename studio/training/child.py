"""One training run in a process of its own: ``python -m studio.training.child FOLDER``.

Reads ``FOLDER/spec.json`` (``method``, ``options``, ``seed``, ``training_set``: a folder of
:mod:`studio.training.data`, ``out``: the model folder to make), keeps checkpoints in
``FOLDER/work``, and writes one JSON event a line to standard output:

=========  ======================================================================
type       further keys
=========  ======================================================================
phase      message
progress   step, total, epoch, seconds, eta, texts_per_second
metric     step, name, value, at
done       seconds, texts_per_second, best_step
stopped    the same; asked to stop, the best state was kept if there was any
error      category, message
=========  ======================================================================

``out`` appears complete or not at all. SIGTERM asks for a stop. Run again on the same folder, it
goes on from the last checkpoint; with ``--keep-best`` it makes a model of the best checkpoint and
learns no more.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from studio.core.errors import (
    Canceled,
    FailureCategory,
    Invalid,
    RunFailed,
    StudioError,
    Unavailable,
)
from studio.core.options import parse_options
from studio.training.base import TrainContext, training_methods
from studio.training.data import read_training_set
from studio.training.gate import write_witness

KEEP_BEST = "--keep-best"
_PARENT_POLL = 0.5
_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    # What torch says when it fails while it reports that GPU memory ran out.
    "nvml_success == r internal assert failed",
)


class Run:
    """The events of one run, and what they add up to."""

    def __init__(self, events: TextIO, began: float) -> None:
        self._events = events
        self._began = began
        self.stop = threading.Event()
        self.best_step = 0
        self.texts_per_second = 0.0

    def report(self, event: Mapping[str, Any]) -> None:
        """Write one event; remember what the last one will need."""
        if event["type"] == "best":
            self.best_step = int(event["step"])
            return
        if event["type"] == "progress":
            self.texts_per_second = float(event.get("texts_per_second") or 0.0)
        if event["type"] == "metric":
            event = {**event, "at": self.seconds}
        self._events.write(json.dumps(event) + "\n")
        self._events.flush()

    @property
    def seconds(self) -> float:
        """Since the run began, interruptions included."""
        return max(0.0, time.time() - self._began)

    def summary(self, kind: str) -> dict[str, Any]:
        """Return the last event of a run that ended well."""
        return {
            "type": kind,
            "seconds": self.seconds,
            "texts_per_second": self.texts_per_second,
            "best_step": self.best_step,
        }


def main(folder: Path, *, keep_best: bool = False) -> int:
    """Carry out the run of a folder, or keep the best of it; return the exit status."""
    _die_with_parent()
    lock = _claim(folder)
    run = Run(_claim_stdout(), _began(folder))
    signal.signal(signal.SIGTERM, lambda number, frame: run.stop.set())
    if keep_best:
        run.stop.set()
    try:
        _train(folder, run)
    except Canceled:
        run.report(run.summary("stopped"))
    except (Exception, MemoryError) as error:  # noqa: BLE001 - the top of a process: all is told.
        traceback.print_exc()
        category, message = explain_failure(error)
        run.report({"type": "error", "category": category.value, "message": message})
        return 1
    finally:
        lock.close()
    return 0


def _train(folder: Path, run: Run) -> None:
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    out, summary = Path(spec["out"]), folder / "summary.json"
    if out.exists() and summary.exists():
        run.report(json.loads(summary.read_text(encoding="utf-8")))
        return
    run.report({"type": "phase", "message": "Starting"})
    _quieten()
    training_set = read_training_set(Path(spec["training_set"]))
    member = training_methods.get(spec["method"])
    options = parse_options(member.Options, spec["options"], what=f"Method {spec['method']}")
    work, fresh = folder / "work", out.with_name(f"{out.name}.new")
    work.mkdir(exist_ok=True)
    _empty(fresh)
    context = TrainContext(
        seed=int(spec["seed"]),
        work=work,
        out=fresh,
        report=run.report,
        should_stop=run.stop.is_set,
        resume=True,
    )
    classifier = member().train(training_set, options, context)
    write_witness(classifier, training_set, fresh)
    ended = run.summary("stopped" if run.stop.is_set() else "done")
    summary.write_text(json.dumps(ended), encoding="utf-8")
    _empty(out)
    fresh.replace(out)
    run.report(ended)


def explain_failure(error: BaseException) -> tuple[FailureCategory, str]:
    """Return the category of a failure and one sentence for the user."""
    said = f"{type(error).__name__}: {error}".strip()
    if isinstance(error, MemoryError) or any(part in said.lower() for part in _OUT_OF_MEMORY):
        return (
            FailureCategory.OUT_OF_MEMORY,
            "Memory ran out. Halve the batch size or the longest text, or use a smaller backbone.",
        )
    if isinstance(error, RunFailed):
        return error.category, str(error)
    if isinstance(error, Unavailable):
        return FailureCategory.MISSING_MODEL, str(error)
    if isinstance(error, Invalid):
        return FailureCategory.BAD_DATA, str(error)
    if isinstance(error, StudioError):
        return FailureCategory.CODE_ERROR, str(error)
    return FailureCategory.CODE_ERROR, f"Training broke down: {said[:300]}. The log says where."


def _empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _claim(folder: Path) -> TextIO:
    """Lock the folder: after a crash of the parent, the old child may still be about to die."""
    stream = (folder / "lock").open("w", encoding="ascii")
    fcntl.flock(stream, fcntl.LOCK_EX)
    return stream


def _claim_stdout() -> TextIO:
    """Keep standard output for events alone: libraries that print go to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def _began(folder: Path) -> float:
    path = folder / "began"
    if not path.exists():
        path.write_text(str(time.time()), encoding="ascii")
    return float(path.read_text(encoding="ascii"))


def _die_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL)
        # Nobody reads the events any more; the checkpoint on disk is what counts.
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _quieten() -> None:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    np.seterr(all="ignore")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), keep_best=KEEP_BEST in sys.argv[2:]))
