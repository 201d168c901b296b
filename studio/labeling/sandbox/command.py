"""The command line that starts the fork server, with or without bubblewrap."""

from __future__ import annotations

import json
import os

from studio.labeling.sandbox.places import INSIDE, Places

_OPTIONS = ("-s", "-S", "-P", "-B")
"""No user site, no site, no current folder on the path, no .pyc written.

Not -I: it would ignore PYTHONHASHSEED, and the order of a set would differ from run to run.
"""


def environment(places: Places) -> dict[str, str]:
    """Return the whole environment of the sandbox; nothing of ours is in it."""
    return {
        "PATH": "/usr/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "TZ": "UTC",
        "PYTHONPATH": os.pathsep.join((str(INSIDE.parent), *places.packages)),
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others start threads, lost at the fork
    }


def server_command(places: Places, control: int, *, confined: bool, bubblewrap: bool) -> list[str]:
    """Return the command of the fork server itself.

    Parameters
    ----------
    places
        What it may see.
    control
        Descriptor of its control socket.
    confined
        Whether its children are put under Landlock and seccomp.
    bubblewrap
        Whether namespaces hide the files as well; then a kernel without Landlock is enough.
    """
    config = {
        "control": control,
        "readable": [*places.readable, *places.devices],
        "landlock": confined,
        "namespaces": bubblewrap,
        "seccomp": confined,
    }
    return [places.interpreter, *_OPTIONS, "-m", INSIDE.name, json.dumps(config)]


def in_bubblewrap(bubblewrap: str, places: Places, command: list[str]) -> list[str]:
    """Return ``command`` in a bubblewrap: namespaces of its own, read-only, without /proc.

    There is no ``--die-with-parent``: the kernel ties it to the *thread* that started it, and
    pages run in threads that end. The fork server ends when its control socket is closed.
    """
    wrapped = [bubblewrap, "--unshare-all", "--new-session", "--cap-drop", "ALL"]
    wrapped += ["--hostname", "box", "--clearenv"]
    for name, value in environment(places).items():
        wrapped += ["--setenv", name, value]
    for path in (*places.readable, places.interpreter):
        wrapped += ["--ro-bind", path, path]
    for folder in ("/lib", "/lib64"):
        if os.path.islink(folder):
            wrapped += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            wrapped += ["--ro-bind", folder, folder]
    for device in places.devices:
        wrapped += ["--dev-bind", device, device]
    wrapped += ["--dir", "/work", "--chdir", "/work", "--remount-ro", "/"]
    return [*wrapped, *command]
