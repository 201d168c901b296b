"""Poorer machines, simulated: a filter that refuses some system calls, then the program.

``python hosts.py docker,no-landlock COMMAND...``
"""

from __future__ import annotations

import errno
import os
import struct
import sys

from studio.labeling.sandbox.inside import seccomp

_ALLOW = 0x7FFF0000
_UNSHARE, _CLONE, _MOUNT, _SETNS, _PRCTL, _CLONE3 = 272, 56, 165, 308, 157, 435
_NAMESPACES = 0x7E020000


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(number: int, error: int) -> list[bytes]:
    return [_step(0x15, number, 0, 1), _step(0x06, 0x00050000 | error)]


def _filter(names: list[str]) -> bytes:
    steps = [_step(0x20, 0)]
    if "docker" in names:  # a container without CAP_SYS_ADMIN: no new namespaces, no mounts
        for number in (_UNSHARE, _MOUNT, _SETNS):
            steps += _refuse(number, errno.EPERM)
        steps += _refuse(_CLONE3, errno.ENOSYS)
        steps += [
            _step(0x15, _CLONE, 0, 4),
            _step(0x20, 16),
            _step(0x45, _NAMESPACES, 0, 1),
            _step(0x06, 0x00050000 | errno.EPERM),
            _step(0x06, _ALLOW),
        ]
    if "no-landlock" in names:
        for number in (444, 445, 446):
            steps += _refuse(number, errno.ENOSYS)
    if "no-seccomp" in names:
        steps += [
            _step(0x15, _PRCTL, 0, 4),
            _step(0x20, 16),
            _step(0x15, 22, 0, 1),
            _step(0x06, 0x00050000 | errno.EINVAL),
            _step(0x06, _ALLOW),
        ]
    steps.append(_step(0x06, _ALLOW))
    return b"".join(steps)


if __name__ == "__main__":
    seccomp.install(_filter(sys.argv[1].split(",")))
    os.execv(sys.argv[2], sys.argv[2:])
