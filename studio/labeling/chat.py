"""Asks an OpenAI-compatible endpoint: one prompt, one answer."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.labeling.resources import Completion, Sampling

MAX_RESPONSE = 1 << 20
"""Bytes of a response that are read."""

MAX_ANSWER = 10_000
"""Characters of an answer that are kept."""

_PATH = "/chat/completions"
_NOT_ASKED = "It was not asked"
_SHOWN = 200
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_MAX_WAIT = 30.0
_RENAMED = {"max_tokens": "max_completion_tokens"}


@dataclass(frozen=True)
class Patience:
    """How long one prompt is worth waiting for.

    ``attempts`` in all; the n-th is followed by ``first_wait`` times 2 to the n seconds.
    ``connect``, ``read`` and ``whole`` are seconds: to get through, between two pieces of a
    response, and for one attempt from begin to end.
    """

    attempts: int = 4
    first_wait: float = 1.0
    connect: float = 10.0
    read: float = 60.0
    whole: float = 120.0


PATIENT = Patience()


class _Retry(Exception):
    """Worth another attempt; ``wait`` is how long the endpoint asked to wait, in seconds."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        self.problem = problem
        self.wait = wait
        super().__init__(problem)


class _Failed(Exception):
    """Not worth another attempt; ``refused`` where every other prompt would fail alike."""

    def __init__(self, problem: str, refused: bool = False) -> None:
        self.problem = problem
        self.refused = refused
        super().__init__(problem)


@dataclass
class Chat:
    """One endpoint; :meth:`ask` may be called from several threads. Close it in the end.

    The key goes into a header and nowhere else: no message and no ``repr`` holds it. Redirects
    are not followed, compressed responses not accepted, certificates always checked.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    is_local: bool = False
    patience: Patience = PATIENT

    def __post_init__(self) -> None:
        import httpx2

        headers = {"Accept-Encoding": "identity", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        limits = self.patience
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._under_way = 0
        self._is_closing = False
        self._left_out: set[str] = set()
        self._client = httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(limits.read, connect=limits.connect),
            follow_redirects=False,
            trust_env=not self.is_local,  # a proxy may lead outside, never back to this machine
        )

    def close(self) -> None:
        """Give the connections back: at once, or when the last question under way has ended.

        Does not wait for that question; nobody hears its answer.
        """
        self._stop.set()
        with self._lock:
            self._is_closing = True
        self._close_if_idle()

    def stop(self) -> None:
        """Make every wait end and every later question go unasked."""
        self._stop.set()

    def ask(self, prompt: str, sampling: Sampling) -> Completion:
        """Return the answer to a prompt, or why there is none; never raises for the endpoint."""
        with self._lock:
            if self._stop.is_set():
                return Completion(None, _NOT_ASKED)
            self._under_way += 1
        try:
            return self._ask(prompt, sampling)
        finally:
            with self._lock:
                self._under_way -= 1
            self._close_if_idle()

    def _close_if_idle(self) -> None:
        with self._lock:
            if self._is_closing and not self._under_way:
                self._client.close()

    def _ask(self, prompt: str, sampling: Sampling) -> Completion:
        problem = _NOT_ASKED
        for attempt in range(self.patience.attempts):
            if attempt and self._stop.is_set():
                return Completion(None, problem)
            try:
                return self._attempt(prompt, sampling)
            except _Failed as failed:
                return Completion(None, self._clean(failed.problem), refused=failed.refused)
            except _Retry as retry:
                problem = retry.problem
                wait = self.patience.first_wait * 2**attempt * random.uniform(0.8, 1.2)
                if attempt + 1 < self.patience.attempts:
                    self._stop.wait(min(_MAX_WAIT, max(wait, retry.wait or 0.0)))
        return Completion(None, f"{problem} {self.patience.attempts} times in a row")

    def _clean(self, problem: str) -> str:
        # Some endpoints repeat the key where they refuse it.
        return problem.replace(self.key, "…") if self.key else problem

    def _attempt(self, prompt: str, sampling: Sampling) -> Completion:
        body = self._body(prompt, sampling)
        status, headers, content = self._post(body)
        if status == 400 and (unknown := _unknown_parameter(content, body)):
            # Some models take other names, or none: ask again without, and remember.
            self._left_out.add(unknown)
            status, headers, content = self._post(self._body(prompt, sampling))
        _check_status(status, headers, content)
        return _completion(content)

    def _body(self, prompt: str, sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
        }
        wanted = {
            "temperature": 0,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
        }
        for name, value in wanted.items():
            spelled = _RENAMED.get(name) if name in self._left_out else name
            if spelled is not None:
                body[spelled] = value
        return body

    def _post(self, body: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        import httpx2

        data = json.dumps(body, ensure_ascii=True).encode("ascii")
        deadline = time.monotonic() + self.patience.whole
        try:
            with self._client.stream(
                "POST",
                self.url.rstrip("/") + _PATH,
                content=data,
                headers={"Content-Type": "application/json"},
            ) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise _Failed("It sent a compressed response, which was not asked for")
                return response.status_code, response.headers, _read(response, deadline)
        except httpx2.TimeoutException as error:
            raise _Retry("It did not answer in time") from error
        except httpx2.ConnectError as error:
            raise _Retry("It cannot be reached") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            # The class alone: a message may repeat what was sent.
            raise _Retry(f"The connection failed ({type(error).__name__})") from error


def _read(response: Any, deadline: float) -> bytes:
    content = bytearray()
    for piece in response.iter_raw():
        content += piece
        if len(content) > MAX_RESPONSE:
            raise _Failed(f"It sent more than {MAX_RESPONSE >> 20} MiB in one response")
        if time.monotonic() > deadline:
            raise _Retry("It did not answer in time")
    return bytes(content)


def _check_status(status: int, headers: Mapping[str, str], content: bytes) -> None:
    if status in (401, 403):
        raise _Failed(
            f"It refused the key ({status}). Check the environment variable of the key on the "
            "machine of the worker, and what the key is allowed to do",
            refused=True,
        )
    if status in (402, 404):
        why = "there is nothing at this address, or no such model" if status == 404 else "payment"
        raise _Failed(f"It answered {status} ({why}){_words(content)}", refused=True)
    if status in _BUSY:
        raise _Retry(f"It answered {status}", _retry_after(headers))
    if 300 <= status < 400:
        raise _Failed(
            f"It answered {status}, a redirect to another address, which is not followed; "
            "correct the address of the endpoint",
            refused=True,
        )
    if status != 200:
        raise _Failed(f"It answered {status}{_words(content)}")


def _completion(content: bytes) -> Completion:
    try:
        found = json.loads(content)
        answer = found["choices"][0]["message"]["content"]
        usage = found.get("usage") or {}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Failed("Its response is not what an OpenAI-compatible endpoint sends") from error
    if not isinstance(answer, str):
        raise _Failed("Its response has no text")
    return Completion(
        answer[:MAX_ANSWER],
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and 0 <= value < 2**31 else 0


def _unknown_parameter(content: bytes, body: Mapping[str, Any]) -> str | None:
    error = _error(content)
    name = str(error.get("param") or "")
    return name if name in ("max_tokens", "temperature", "seed") and name in body else None


def _words(content: bytes) -> str:
    said = _error(content).get("message")
    if not isinstance(said, str) or not said.strip():
        return ""
    clean = "".join(c if c.isprintable() else " " for c in said[:_SHOWN])
    return f": {clean.strip()}"


def _error(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 6 else None
