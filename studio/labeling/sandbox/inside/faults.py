"""What went wrong in the user's code, told without running any more of it.

An exception may be of a class that the user wrote, so nothing here calls its methods: attributes
are read through the built-in classes' own descriptors.
"""

from __future__ import annotations

from typing import Any

FILE_NAME = "<labeling functions>"

_MAX_NAME = 100
_MAX_MESSAGE = 500
_MAX_ARGUMENTS = 100_000
_MAX_FRAMES = 2000
_MAX_ROWS = 3

_PLAIN = (str, int, float, bool, bytes, type(None))
_bases = type.__dict__["__mro__"].__get__
_members = type.__dict__["__dict__"].__get__
_name = type.__dict__["__name__"].__get__

_traceback: Any = BaseException.__dict__["__traceback__"]
_arguments: Any = BaseException.__dict__["args"]
_syntax_message: Any = SyntaxError.__dict__["msg"]
_syntax_line_number: Any = SyntaxError.__dict__["lineno"]


class DocumentTimeout(BaseException):
    """Raised into the user's code when one document took too long."""


class Faults:
    """Counts failures by (exception, line); the first rows of each kind are kept."""

    def __init__(self, known: frozenset[type]) -> None:
        self._known = known
        self.counts: dict[tuple[str, int | None], int] = {}
        self.rows: dict[tuple[str, int | None], list[int]] = {}

    def describe(self, error: BaseException) -> tuple[str, str, int | None]:
        """Return the name of the exception, its message, and the line of the user's code."""
        return (*self._name_and_message(error), line_of(error))

    def count(self, name: str, line: int | None, row: int) -> int:
        """Count one more failure and return how many there are of its kind."""
        total = self.counts.get((name, line), 0) + 1
        self.counts[name, line] = total
        if total <= _MAX_ROWS:
            self.rows.setdefault((name, line), []).append(row)
        return total

    def _name_and_message(self, error: BaseException) -> tuple[str, str]:
        kind = type(error)
        name = str(_name(kind))[:_MAX_NAME]
        writer = next((base for base in _bases(kind) if "__str__" in _members(base)), None)
        if writer not in self._known:
            return name, "The exception has a __str__ of its own, which is not run."
        if writer is SyntaxError:
            message = _syntax_message.__get__(error)
            return name, message[:_MAX_MESSAGE] if type(message) is str else ""
        arguments = _arguments.__get__(error)
        if not all(type(argument) in _PLAIN for argument in arguments):
            return name, "The message is made of objects that are not plain values."
        if sum(len(a) for a in arguments if type(a) in (str, bytes)) > _MAX_ARGUMENTS:
            return name, "The message is too long to be shown."
        return name, str(_members(writer)["__str__"](error))[:_MAX_MESSAGE]


def known_exceptions() -> frozenset[type]:
    """Return all exception classes that exist now, before any user code was loaded."""
    seen: set[type] = set()
    waiting: list[type] = [BaseException]
    while waiting:
        kind = waiting.pop()
        seen.add(kind)
        below: list[type] = type.__subclasses__(kind)
        waiting += [sub for sub in below if sub not in seen]
    return frozenset(seen)


def line_of(error: BaseException) -> int | None:
    """Return the deepest line of the user's code that an exception passed through."""
    # Not isinstance: it may ask the object for its __class__, which the user may have written.
    if SyntaxError in _bases(type(error)):
        return _syntax_line(error)
    line: int | None = None
    step: Any = _traceback.__get__(error)
    for _ in range(_MAX_FRAMES):
        if step is None:
            break
        if step.tb_frame.f_code.co_filename == FILE_NAME:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _syntax_line(error: Any) -> int | None:
    line = _syntax_line_number.__get__(error)
    return line if type(line) is int else None
