"""A trained model in a process of its own, warm between requests.

The web process never loads a model (it would slow every click), and a worker that loads none can
hand its memory back by ending the process.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import FailureCategory, RunFailed
from studio.core.explanations import Explanation

MAX_WARM = 2
"""Models kept loaded in one worker: two, so that comparing a pair reloads neither."""

BATCH = 256
"""Texts a request; bounds the memory of a line, not the batches of the model."""


class AskedProcess:
    """A child that has loaded one folder and answers requests, one at a time.

    Parameters
    ----------
    module
        Run with the folder as its argument; it says a line of JSON when it is ready, and one for
        each line that it is told.
    folder
        What it loads.

    Raises
    ------
    RunFailed
        If the folder cannot be loaded, or the process dies.
    """

    def __init__(self, module: str, folder: Path) -> None:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
        )
        try:
            self.greeting = self._read()
        except RunFailed:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process; its memory is free afterwards."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one request."""
        with self._lock:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            except BrokenPipeError as error:
                raise self._died() from error
            return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._died()
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RunFailed(answer["error"])
        return answer

    def _died(self) -> RunFailed:
        code = self._process.wait()
        if code == -9:
            return RunFailed(
                "The model's process was killed, most likely because memory ran out. Close other "
                "programs or use a smaller model.",
                FailureCategory.OUT_OF_MEMORY,
            )
        return RunFailed(f"The model's process ended with code {code}. Try again.")


class ModelProcess(AskedProcess):
    """A classifier in a process of its own; see :class:`AskedProcess` for what is raised."""

    def __init__(self, folder: Path) -> None:
        super().__init__("studio.services.model_server", folder)
        self.labels: tuple[str, ...] = tuple(self.greeting["labels"])

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 ``[n_texts, k]`` in the order of ``texts``; rows sum to 1."""
        parts = [np.zeros((0, len(self.labels)), np.float32)]
        for start in range(0, len(texts), BATCH):
            answer = self.ask({"do": "predict", "texts": list(texts[start : start + BATCH])})
            raw = base64.b64decode(answer["probs"])
            parts.append(np.frombuffer(raw, "<f4").reshape(-1, len(self.labels)))
        return np.concatenate(parts).astype(np.float32)

    def explain(
        self, text: str, *, label: int | None, method: str, options: Mapping[str, Any]
    ) -> Explanation:
        """Return why the model says what it says of ``text``; see the explainers' docstrings."""
        request = {
            "do": "explain",
            "text": text,
            "label": label,
            "method": method,
            "options": dict(options),
        }
        raw = self.ask(request)["explanation"]
        spans = tuple((int(start), int(end)) for start, end in raw.pop("spans"))
        values, probs = tuple(raw.pop("values")), tuple(raw.pop("probs"))
        return Explanation(spans=spans, values=values, probs=probs, **raw)


P = TypeVar("P", bound=AskedProcess)


class WarmProcesses(Generic[P]):
    """The few models that a worker keeps loaded; the one used longest ago goes first.

    Parameters
    ----------
    start
        Starts the process that loads a folder.
    most
        How many may be loaded.
    """

    def __init__(self, start: Callable[[Path], P], most: int) -> None:
        self._start = start
        self._most = most
        self._lock = threading.Lock()
        self._loaded: OrderedDict[Path, P] = OrderedDict()

    @contextmanager
    def use(self, folder: Path) -> Iterator[P]:
        """Yield the loaded model of a folder; it stays warm afterwards."""
        with self._lock:
            model = self._loaded.pop(folder, None)
            if model is None or not model.alive:
                model = self._start(folder)
            self._loaded[folder] = model
            while len(self._loaded) > self._most:
                self._loaded.popitem(last=False)[1].close()
        yield model

    @property
    def is_warm(self) -> bool:
        """Whether one is loaded."""
        return bool(self._loaded)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            while self._loaded:
                self._loaded.popitem()[1].close()


models = WarmProcesses(ModelProcess, MAX_WARM)
