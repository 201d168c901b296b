"""Seccomp: a process gives up all system calls but the listed ones, for good.

The filter is a program of the classic Berkeley packet filter over ``struct seccomp_data``
(number at byte 0, architecture at 4, arguments from 16, eight bytes each); see the kernel's
``Documentation/userspace-api/seccomp_filter.rst``.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Sequence

from . import syscalls
from .kernel import PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, prctl

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_X32 = 0x40000000
_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def build(machine: str | None = None) -> bytes:
    """Return the filter for an architecture, by default this one.

    A call that is not listed fails with EPERM, so that Python raises ``PermissionError`` with the
    line of the user's code; calls of another architecture kill.

    Raises
    ------
    OSError
        If the architecture has no table.
    """
    machine = machine or platform.machine()
    if machine not in syscalls.ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"No table of system calls for {machine}")
    column = 0 if machine == "x86_64" else 1
    steps = [_step(_LOAD, _ARCHITECTURE)]
    steps += [_jump(_EQUAL, syscalls.ARCHITECTURES[machine], 1, 0), _step(_RETURN, _KILL)]
    steps.append(_step(_LOAD, _NUMBER))
    if machine == "x86_64":
        steps += [_jump(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _KILL)]
    for numbers in syscalls.ALLOWED.values():
        number = numbers[column]
        if number is not None:
            steps += [_jump(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    steps += _only_codes(syscalls.IOCTL[column], 1, syscalls.IOCTL_CODES, errno.ENOTTY)
    steps += _only_codes(syscalls.PRCTL[column], 0, syscalls.PRCTL_CODES, errno.EPERM)
    steps += _only_reading_limits(syscalls.PRLIMIT64[column])
    # ENOSYS makes the C library fall back to clone, which is not listed.
    steps += [_jump(_EQUAL, syscalls.CLONE3[column], 0, 1), _step(_RETURN, _error(errno.ENOSYS))]
    steps.append(_step(_RETURN, _error(errno.EPERM)))
    return b"".join(steps)


def install(program: bytes) -> None:
    """Put this thread, and what it will start, under a filter.

    Raises
    ------
    OSError
        If the kernel has no seccomp or refuses the filter.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = _Program(len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(header))


def _only_codes(number: int, argument: int, codes: Sequence[int], refusal: int) -> list[bytes]:
    """Allow a call if one of its arguments is one of some codes."""
    inner = [_step(_LOAD, _ARGUMENTS + 8 * argument)]
    for code in codes:
        inner += [_jump(_EQUAL, code, 0, 1), _step(_RETURN, _ALLOW)]
    inner.append(_step(_RETURN, _error(refusal)))
    return [_jump(_EQUAL, number, 0, len(inner)), *inner]


def _only_reading_limits(number: int) -> list[bytes]:
    """Allow prlimit64 if its new limit is NULL, that is both halves of the pointer."""
    inner = [
        _step(_LOAD, _ARGUMENTS + 16),
        _jump(_EQUAL, 0, 0, 3),
        _step(_LOAD, _ARGUMENTS + 20),
        _jump(_EQUAL, 0, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _error(errno.EPERM)),
    ]
    return [_jump(_EQUAL, number, 0, len(inner)), *inner]


def _error(number: int) -> int:
    return 0x00050000 | number


def _step(code: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, 0, 0, value)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
