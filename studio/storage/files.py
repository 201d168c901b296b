"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def safe_name(name: str) -> str:
    """Return ``name`` if it can be a file name on any system.

    Raises
    ------
    Invalid
        If it is empty, overlong, or holds more than letters, digits, dot, dash and underscore.
    """
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name[:60]!r} cannot name a file: use 1 to 128 letters, digits, dots, dashes and "
            "underscores, a letter or digit first."
        )
    return name


@contextmanager
def new_file(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Yield a stream to a temporary file beside ``path``, renamed to it at the end.

    Whoever reads ``path`` meanwhile sees what was there before. After an error nothing is left.

    Parameters
    ----------
    path
        Where the file belongs; its folder is made.
    durable
        Whether it must outlive a power failure the moment this returns. What can be computed
        again need not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as stream:
            yield stream
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power failure, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def save_array(path: Path, array: NDArray[np.generic], *, durable: bool = False) -> None:
    """Write an array as ``.npy``; see :func:`new_file`.

    Raises
    ------
    Invalid
        If it holds Python objects, which only pickle could write.
    """
    if array.dtype.hasobject:
        raise Invalid("An array of Python objects cannot be stored; use numbers.")
    with new_file(path, durable=durable) as stream:
        np.lib.format.write_array(stream, np.asarray(array), allow_pickle=False)


def load_array(path: Path) -> NDArray[np.generic] | None:
    """Return a stored array, mapped and read-only; None if there is none or it is damaged."""
    try:
        # Mapping is refused where there are no bytes at all, so a small file is simply read.
        mode: Literal["r"] | None = "r" if path.stat().st_size > 4096 else None
        found: NDArray[np.generic] = np.load(path, mmap_mode=mode, allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    found.flags.writeable = False
    return found
