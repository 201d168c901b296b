"""Which folders the sandbox needs to see: an interpreter, its library, four packages."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import Unavailable

INSIDE = Path(__file__).resolve().parent / "inside"

_PACKAGES = ("numpy", "pandas", "pyarrow", "snorkel")
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom")


@dataclass(frozen=True)
class Places:
    """Paths on this machine; the same inside the sandbox.

    ``interpreter`` is the real one behind a virtual environment: its library is found from its
    own place, so that no link and no home folder has to be shown. ``packages`` are the folders
    that hold the packages, ``readable`` all that may be read.
    """

    interpreter: str
    packages: tuple[str, ...]
    readable: tuple[str, ...]
    devices: tuple[str, ...]


@functools.cache
def find_places() -> Places:
    """Find the interpreter and the packages of this process.

    Raises
    ------
    Unavailable
        If a package is not installed.
    """
    packages = tuple(dict.fromkeys(_folder_of(name) for name in _PACKAGES))
    library = os.path.join(os.path.realpath(sys.base_prefix), "lib")
    readable = (library, *_SYSTEM, *packages, str(INSIDE))
    return Places(
        interpreter=os.path.realpath(sys.executable),
        packages=packages,
        readable=tuple(path for path in dict.fromkeys(readable) if os.path.exists(path)),
        devices=_DEVICES,
    )


def _folder_of(package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Unavailable(
            f"The package {package} is not installed, and Python labeling functions need it. "
            "Install the requirements of Weft again."
        )
    return str(Path(spec.origin).resolve().parent.parent)
