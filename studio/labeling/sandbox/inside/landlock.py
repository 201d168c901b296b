"""Landlock: a process gives up the file system, for good and without privileges.

See the kernel's ``Documentation/userspace-api/landlock.rst``; the numbers are those of
``include/uapi/linux/landlock.h``.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from .kernel import PR_SET_NO_NEW_PRIVS, last_error, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3


def version() -> int:
    """Return the ABI of this kernel's Landlock, 0 if it has none."""
    return max(0, syscall(_CREATE_RULESET, None, 0, 1))


def restrict(readable: Sequence[str]) -> int:
    """Allow reading below some folders and nothing else of the file system.

    All rights that this kernel knows are given up: writing, executing, TCP (ABI 4), signals and
    abstract sockets to outside processes (ABI 6).

    Returns
    -------
    int
        The ABI in force, 0 if this kernel has no Landlock (then nothing was done).

    Raises
    ------
    OSError
        If the kernel has Landlock but refuses.
    """
    abi = version()
    if not abi:
        return 0
    ruleset = _create(abi)
    try:
        for path in readable:
            _allow(ruleset, path)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if syscall(_RESTRICT_SELF, ruleset, 0) < 0:
            raise last_error("landlock_restrict_self")
    finally:
        os.close(ruleset)
    return abi


def _create(abi: int) -> int:
    files = (1 << 13) - 1
    files |= (1 << 13 if abi >= 2 else 0) | (1 << 14 if abi >= 3 else 0)  # refer, truncate
    files |= 1 << 15 if abi >= 5 else 0  # ioctl on devices
    network = 3 if abi >= 4 else 0
    scoped = 3 if abi >= 6 else 0
    # Older kernels know a shorter structure and refuse a longer one.
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    attributes = struct.pack("<QQQ", files, network, scoped)[:size]
    ruleset = syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        raise last_error("landlock_create_ruleset")
    return ruleset


def _allow(ruleset: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        if syscall(_ADD_RULE, ruleset, 1, struct.pack("<Qi", rights, folder), 0) < 0:
            raise last_error(f"landlock_add_rule({path})")
    finally:
        os.close(folder)
