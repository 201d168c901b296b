"""Calls to the Linux kernel that Python has no function for, and resource limits."""

from __future__ import annotations

import ctypes
import os
import resource

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)
if hasattr(_libc, "syscall"):
    _libc.syscall.restype = ctypes.c_long


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by number and return what it returns, -1 on failure."""
    # A plain int would be passed as 32 bits; the kernel reads 64.
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(_libc.syscall(ctypes.c_long(number), *wide))


def prctl(option: int, value: object = 0, pointer: object = None) -> None:
    """Change a property of this process.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    first = ctypes.c_ulong(value) if isinstance(value, int) else value
    zero = ctypes.c_ulong(0)
    if _libc.prctl(option, first, pointer or zero, zero, zero) < 0:
        raise last_error(f"prctl({option})")


def last_error(what: str) -> OSError:
    """Return the error of the last call, ready to be raised."""
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")


def limit_resources(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Set limits that this process cannot raise again.

    Parameters
    ----------
    memory_bytes
        Of address space; what is mapped already counts.
    cpu_seconds
        From the start of this process. One second later it is killed, whatever it ignores.
    """
    _limit(resource.RLIMIT_AS, memory_bytes)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    # No bytes into files: it also stops memory eaten through a memfd, which RLIMIT_AS misses.
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 64)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_STACK, 8 << 20)
    _limit(resource.RLIMIT_MEMLOCK, 64 << 10)
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        _limit(resource.RLIMIT_MSGQUEUE, 0)


def _limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
