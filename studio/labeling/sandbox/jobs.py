"""One job in a box, seen from this side: hand it over, watch it, hear how it ended."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from studio.core.errors import Invalid, Unavailable
from studio.labeling.sandbox.box import Box, BoxEnded
from studio.labeling.sandbox.reading import messages

MAX_SOURCE = 1 << 20
MAX_FILES = 8
"""Files of documents that one job may vote on."""

_MAX_KEPT = 128 << 10
_MAX_REPORT = 1 << 20
_SIGNALS = {
    -6: "it aborted",
    -9: "it was killed, most likely for using too much processor time or memory",
    -11: "it crashed (segmentation fault)",
    -24: "it used up its processor time",
    -31: "it made a forbidden system call",
}


@dataclass(frozen=True)
class End:
    """How a job ended: exit code (below 0: the signal), processor seconds, its report."""

    code: int
    cpu_seconds: float
    report: bytes

    @property
    def why(self) -> str:
        """Half a sentence on why it ended early."""
        if self.code >= 0:
            return f"its process ended with the exit code {self.code}"
        return _SIGNALS.get(self.code, f"it was ended by the signal {-self.code}")


class RunningJob:
    """A job in a box; a context manager that leaves nothing running and nothing open."""

    def __init__(
        self, box: Box, job: Mapping[str, Any], code: Mapping[str, Any], data: Sequence[int] = ()
    ) -> None:
        self._box = box
        self._report = b""
        self._received = 0
        self._told = 0
        # Each file may be reported on as fully as a single one.
        self._kept = _MAX_KEPT * max(1, len(data) - 1)
        self._pipe, report = os.pipe()
        self._status, status = os.pipe()
        os.set_blocking(self._pipe, False)
        source = _code_file(code)
        try:
            self._number = box.submit(job, [status, report, source, *data])
        except Unavailable:
            self._close()
            raise
        finally:
            for descriptor in (status, report, source):
                os.close(descriptor)

    def __enter__(self) -> RunningJob:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._box.end(self._number)
        self._close()

    def wait(self, seconds: float) -> End | None:
        """Wait a while and return how the job ended, None if it still runs.

        Raises
        ------
        Unavailable
            If the whole box has ended.
        """
        readable, _, _ = select.select([self._pipe, self._status], [], [], seconds)
        self._drain()
        if self._status not in readable:
            if self._pipe in readable:
                # At its end the pipe stays readable; the status follows within a moment.
                readable, _, _ = select.select([self._status], [], [], min(seconds, 0.02))
            if self._status not in readable:
                return None
        ended = os.read(self._status, 4096)
        if not ended:
            raise BoxEnded
        self._drain()
        how = json.loads(ended)
        return End(int(how["code"]), float(how["cpu"]), self._report)

    def news(self) -> Iterator[dict[str, Any]]:
        """Iterate over the messages that came since the last time."""
        end = self._report.rfind(b"\n") + 1
        part, self._told = self._report[self._told : end], max(end, self._told)
        return messages(part)

    @property
    def is_flooding(self) -> bool:
        """Whether it has sent more than any honest report holds."""
        return self._received > _MAX_REPORT

    def kill(self) -> None:
        """End it at once; :meth:`wait` then tells how it ended."""
        self._box.end(self._number)

    def _drain(self) -> None:
        while not self.is_flooding:
            try:
                part = os.read(self._pipe, 65536)
            except BlockingIOError:
                return
            if not part:
                return
            self._received += len(part)
            if len(self._report) < self._kept:
                self._report += part

    def _close(self) -> None:
        os.close(self._pipe)
        os.close(self._status)


def check_source(source: str) -> None:
    """Refuse source that is too long to be the work of a person.

    Raises
    ------
    Invalid
        If it has more than a million characters.
    """
    if len(source) > MAX_SOURCE:
        raise Invalid(
            f"The code has {len(source):,} characters; at most {MAX_SOURCE:,} are allowed. "
            "Put big word lists into keyword functions."
        )


def _code_file(code: Mapping[str, Any]) -> int:
    """Return a file in memory with the user's source, which the server passes on unread."""
    file = os.memfd_create("code", os.MFD_CLOEXEC)
    os.write(file, json.dumps(code).encode())
    return file
