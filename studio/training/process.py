"""Start a training run in a process of its own, follow it, stop it, and say how it ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from studio.core.errors import FailureCategory, RunFailed
from studio.training.checkpoints import last_checkpoint

GRACE = 10.0
"""Seconds between the polite and the final signal (DESIGN §5)."""

_POLL = 0.3
LOG_NAME = "log.txt"


@dataclass(frozen=True)
class Outcome:
    """How a run ended that did not fail.

    ``stopped`` says that it was asked to stop; its model folder then exists only if there was
    already something to keep. ``seconds`` counts from the first start.
    """

    stopped: bool
    seconds: float = 0.0
    texts_per_second: float = 0.0
    best_step: int = 0


def run(
    folder: Path,
    *,
    on_event: Callable[[Mapping[str, Any]], None],
    should_stop: Callable[[], bool],
    grace: float = GRACE,
) -> Outcome:
    """Carry out the run that ``folder/spec.json`` describes, and return when it is over.

    Parameters
    ----------
    folder
        See :mod:`studio.training.child`; the log of the process is kept in it.
    on_event
        Takes each event, in this thread.
    should_stop
        Asked several times a second; once true, the process is told to keep the best and end.
    grace
        Seconds until a process that was told to end is killed.

    Raises
    ------
    RunFailed
        If it failed or died, with the category.
    """
    outcome = _carry_out(folder, on_event, should_stop, grace=grace)
    if outcome.stopped and _has_unused_checkpoint(folder):
        # It was killed in a long step, so that nobody has made a model of its best state yet.
        outcome = _carry_out(folder, on_event, lambda: False, "--keep-best", grace=grace)
    return outcome


def _carry_out(
    folder: Path,
    on_event: Callable[[Mapping[str, Any]], None],
    should_stop: Callable[[], bool],
    *arguments: str,
    grace: float,
) -> Outcome:
    with (folder / LOG_NAME).open("ab") as log:
        process = subprocess.Popen(
            python_command("studio.training.child", str(folder), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=child_environment(),
            start_new_session=True,
        )
    follower = _Follower(process, grace)
    try:
        last = follower.follow(on_event, should_stop)
    finally:
        # Also when a caller's function raised: no run goes on that nobody watches.
        follower.end()
    return _outcome(folder, process.returncode, last, stopped=follower.told)


def _has_unused_checkpoint(folder: Path) -> bool:
    if last_checkpoint(folder / "work") is None:
        return False
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    return not Path(spec["out"]).exists()


def python_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules with this very Python."""
    return [sys.executable, "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """Return this process's environment, so that the child finds this very code."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "true",
    }


class _Follower:
    """Reads the events of a process in a thread, and acts on them in the caller's."""

    def __init__(self, process: subprocess.Popen[bytes], grace: float) -> None:
        self.told = False
        self._process = process
        self._grace = grace
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def follow(
        self, on_event: Callable[[Mapping[str, Any]], None], should_stop: Callable[[], bool]
    ) -> Mapping[str, Any] | None:
        """Pass events on until the stream ends; return the last one if it is a final one."""
        last: Mapping[str, Any] | None = None
        while True:
            if not self.told and should_stop():
                self.tell()
            try:
                line = self._lines.get(timeout=_POLL)
            except queue.Empty:
                continue
            if line is None:
                return last
            event = _parse(line)
            if event is None:
                continue
            on_event(event)
            if event["type"] in ("done", "stopped", "error"):
                last = event

    def tell(self) -> None:
        """Ask the process to stop, and have it killed if it does not within the grace."""
        self.told = True
        self._signal(signal.SIGTERM)
        threading.Thread(target=self._kill_later, daemon=True).start()

    def end(self) -> None:
        """Make sure that the process is gone."""
        try:
            self._process.wait(timeout=1.0 if self.told else 0.0 if self._reader.is_alive() else 5)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._reader.join()

    def _kill_later(self) -> None:
        try:
            self._process.wait(timeout=self._grace)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            # Its own group: what it may have started goes with it.
            os.killpg(self._process.pid, number)


def _parse(line: bytes) -> Mapping[str, Any] | None:
    """Return the event of a line; None if a library wrote something else there."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "type" in event else None


def _outcome(folder: Path, code: int, last: Mapping[str, Any] | None, *, stopped: bool) -> Outcome:
    if last is not None and last["type"] == "error":
        raise RunFailed(str(last["message"]), FailureCategory(last["category"]))
    if last is not None:
        return Outcome(
            stopped=last["type"] == "stopped",
            seconds=float(last["seconds"]),
            texts_per_second=float(last["texts_per_second"]),
            best_step=int(last["best_step"]),
        )
    if stopped:
        return Outcome(stopped=True)
    raise _death(folder, code)


def _death(folder: Path, code: int) -> RunFailed:
    if code == -signal.SIGKILL:
        return RunFailed(
            "The training process was killed, most likely because memory ran out. Halve the batch "
            "size or the longest text, or use a smaller backbone.",
            FailureCategory.OUT_OF_MEMORY,
        )
    if code < 0:
        name = signal.Signals(-code).name
        return RunFailed(
            f"The training process was ended by {name} from outside. Start the run again; it goes "
            "on from its last checkpoint.",
            FailureCategory.WORKER_DIED,
        )
    return RunFailed(
        f"The training process ended with code {code} without a word. {_last_words(folder)}"
    )


def _last_words(folder: Path) -> str:
    lines = (folder / LOG_NAME).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"The last line of its log is: {lines[-1][:300]}" if lines else "Its log is empty."
