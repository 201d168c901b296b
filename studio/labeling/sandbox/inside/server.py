"""The fork server: imports the slow packages once, then forks one child a job.

It never runs user code nor reads it: the source comes as a file descriptor that only the child
reads, so that no job finds another's source in its memory. It ends when the other end of its
control socket is closed, hence with its parent, however that ends.
"""

from __future__ import annotations

import array
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import types
from typing import Any

from . import kernel, landlock, seccomp
from .faults import known_exceptions

_MAX_MESSAGE = 1 << 20
_MAX_DESCRIPTORS = 64


def main(config: dict[str, Any]) -> None:
    """Serve jobs until the control socket is closed.

    Parameters
    ----------
    config
        ``control``: descriptor of the socket. ``readable``: folders that children may read.
        ``landlock``, ``seccomp``: whether children are put under them. ``namespaces``: whether
        bubblewrap is around.
    """
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=int(config["control"]))
    config["labeling_function"] = _warm_up()
    config["known"] = known_exceptions()
    config["filter"] = seccomp.build() if config["seccomp"] else b""
    # Same user, no /proc of ours for the children: nobody may look into this process.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": True, "landlock": landlock.version()}).encode())
    _Server(control, config).serve()


def _warm_up() -> type:
    """Import what labeling functions use; return Snorkel's ``LabelingFunction``.

    ``snorkel.labeling`` itself pulls in the label model and with it torch: one second and
    150 MB. Its own modules for labeling functions are loaded behind two stand-in packages.
    """
    for name in ("collections", "datetime", "math", "re", "string", "unicodedata"):
        importlib.import_module(name)
    for name in ("numpy", "pandas", "pyarrow.ipc"):
        importlib.import_module(name)
    importlib.import_module(f"{__package__}.child")
    spec = importlib.util.find_spec("snorkel")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("snorkel is not installed")
    folder = spec.submodule_search_locations[0]
    labeling = _stand_in("snorkel.labeling", f"{folder}/labeling")
    functions = _stand_in("snorkel.labeling.lf", f"{folder}/labeling/lf")
    core = importlib.import_module("snorkel.labeling.lf.core")
    for package in (labeling, functions):
        package.__dict__["LabelingFunction"] = core.LabelingFunction
        package.__dict__["labeling_function"] = core.labeling_function
    importlib.import_module("snorkel.preprocess")
    found: type = core.LabelingFunction
    return found


def _stand_in(name: str, folder: str) -> types.ModuleType:
    package = types.ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package
    return package


class _Server:
    def __init__(self, control: socket.socket, config: dict[str, Any]) -> None:
        self._control = control
        self._config = config
        self._children: dict[int, tuple[int, int, int]] = {}  # pidfd: (pid, job, status pipe)

    def serve(self) -> None:
        while True:
            control = self._control.fileno()
            ready, _, _ = select.select([control, *self._children], [], [])
            for pidfd in [fd for fd in ready if fd in self._children]:
                self._bury(pidfd)
            if control in ready and not self._receive():
                self._kill_all()
                return

    def _receive(self) -> bool:
        space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * array.array("i").itemsize)
        data, ancillary, _, _ = self._control.recvmsg(_MAX_MESSAGE, space)
        if not data:
            return False
        descriptors = array.array("i")
        for _, _, content in ancillary:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
        message = json.loads(data)
        if "kill" in message:
            self._kill(message["kill"])
        else:
            self._fork(message, list(descriptors))
        return True

    def _fork(self, job: dict[str, Any], descriptors: list[int]) -> None:
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_child(server, job, self._config, descriptors)
        status, *rest = descriptors
        for descriptor in rest:
            os.close(descriptor)
        self._children[os.pidfd_open(pid)] = (pid, job["job"], status)

    def _bury(self, pidfd: int) -> None:
        pid, _, status = self._children.pop(pidfd)
        os.close(pidfd)
        _, code, usage = os.wait4(pid, 0)
        end = {
            "code": os.waitstatus_to_exitcode(code),
            "cpu": usage.ru_utime + usage.ru_stime,
        }
        try:
            os.write(status, json.dumps(end).encode())
        except BrokenPipeError:
            pass  # nobody waits for this job any more
        os.close(status)

    def _kill(self, job: int) -> None:
        for pid, number, _ in self._children.values():
            if number == job:
                os.kill(pid, signal.SIGKILL)

    def _kill_all(self) -> None:
        for pid, _, _ in self._children.values():
            os.kill(pid, signal.SIGKILL)


def _be_child(
    server: int, job: dict[str, Any], config: dict[str, Any], descriptors: list[int]
) -> None:
    """Run the job in the forked process; never returns."""
    code = 3
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() == server:  # it may have died before the line above
            child = sys.modules[f"{__package__}.child"]
            child.run(job, config, descriptors[1:])
            code = 0
    except BaseException as error:  # noqa: BLE001 - the last frame of this process
        _tell(descriptors[1], type(error).__name__)
    finally:
        # Not sys.exit: atexit handlers and __del__ methods may be the user's.
        os._exit(code)


def _tell(pipe: int, what: str) -> None:
    try:
        os.write(pipe, json.dumps({"internal": what[:100]}).encode() + b"\n")
    except OSError:
        pass
