"""A box: one running fork server, and the jobs it is given."""

from __future__ import annotations

import array
import contextlib
import itertools
import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from studio.core.errors import Unavailable
from studio.labeling.sandbox.command import environment, in_bubblewrap, server_command
from studio.labeling.sandbox.places import find_places
from studio.labeling.sandbox.reading import clean

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0


class BoxEnded(Unavailable):
    """The fork server is gone, and all its jobs with it, most likely for lack of memory."""

    def __init__(self) -> None:
        super().__init__("The sandbox has ended. Run the labeling function again.")


class Box:
    """A fork server in its sandbox.

    It ends when this object is closed or this process dies, however it dies: the server reads
    the end of its control socket. Jobs may be given from any thread.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, landlock: int
    ) -> None:
        self.landlock = landlock
        self._process = process
        self._control = control
        self._numbers = itertools.count(1)
        self._running: set[int] = set()

    @classmethod
    def start(cls, *, bubblewrap: bool, confined: bool) -> Box:
        """Start a fork server and wait until it is ready.

        Parameters
        ----------
        bubblewrap
            Whether it gets namespaces of its own.
        confined
            Whether its children are put under Landlock and seccomp.

        Raises
        ------
        Unavailable
            If it cannot be had here; the message holds what the system said.
        """
        if sys.platform != "linux":
            raise Unavailable("Python labeling functions run on Linux only.")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = _command(theirs.fileno(), bubblewrap=bubblewrap, confined=confined)
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment(find_places()),
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )
        return cls(process, ours, _wait_until_ready(process, ours))

    @property
    def is_alive(self) -> bool:
        """Whether the server still takes jobs."""
        if self._process.poll() is not None:
            return False
        try:
            # It never speaks by itself: all there can be to read is the end of the connection,
            # and that comes before bubblewrap, which is what poll() sees, has wound up.
            return bool(self._control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    @property
    def is_busy(self) -> bool:
        """Whether a job has been handed over and not ended."""
        return bool(self._running)

    def submit(self, job: Mapping[str, Any], descriptors: Sequence[int]) -> int:
        """Hand a job to the server and return its number.

        Parameters
        ----------
        job
            JSON values.
        descriptors
            Pipe for how it ended, pipe for its report, file of the code; to vote also the
            memory of the votes and the files of documents. The server gets copies.

        Raises
        ------
        Unavailable
            If the server is gone.
        """
        number = next(self._numbers)
        self._running.add(number)
        message = json.dumps({**job, "job": number}).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        try:
            self._control.sendmsg([message], [rights])
        except OSError as error:
            self._running.discard(number)
            raise BoxEnded from error
        return number

    def end(self, number: int) -> None:
        """End a job at once; nothing happens if it has ended by itself."""
        self._running.discard(number)
        with contextlib.suppress(OSError):  # the server is gone, and the job with it
            self._control.send(json.dumps({"kill": number}).encode())

    def close(self) -> None:
        """End the server and all its jobs."""
        self._control.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def _command(control: int, *, bubblewrap: bool, confined: bool) -> list[str]:
    places = find_places()
    command = server_command(places, control, confined=confined, bubblewrap=bubblewrap)
    if not bubblewrap:
        return command
    program = shutil.which("bwrap")
    if program is None:
        raise Unavailable("bubblewrap (the program bwrap) is not installed.")
    return in_bubblewrap(program, places, command)


def _wait_until_ready(process: subprocess.Popen[bytes], control: socket.socket) -> int:
    """Return the ABI of Landlock that the server found."""
    readable, _, _ = select.select([control], [], [], _START_SECONDS)
    message = control.recv(65536) if readable else b""
    if message:
        return int(json.loads(message)["landlock"])
    control.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()
    said = ""
    if process.stderr is not None:
        lines = process.stderr.read(20_000).decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if lines else ""
        process.stderr.close()
    raise Unavailable(f"The sandbox did not start: {clean(said) or 'it did not say why'}.")
