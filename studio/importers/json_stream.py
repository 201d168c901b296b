"""JSON that is too large to be read as a whole: the items of its outermost list or object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TextIO

from studio.core.errors import BadFile

CHUNK: Final = 1 << 18
MAX_ITEM: Final = 1 << 26
"""Characters of one item; a larger one is no document, and would fill the memory."""

_NEAR_THE_END: Final = 20
"""An error so close to the end of what was read may only mean that the rest is missing."""

_BLANKS: Final = " \t\n\r"
_NUMBER: Final = ("", *"0123456789.eE+-")


class JsonStream:
    """Reads one JSON text item by item; memory holds little more than one item.

    Parameters
    ----------
    stream
        The text, at its beginning.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._ended = False
        self._lines_before = 0
        self._column_before = 0

    def peek(self) -> str:
        """Return the next character that is no blank, which stays; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if not self._fill():
                return ""

    def items(self) -> Iterator[Any]:
        """Iterate over the items of a list.

        Raises
        ------
        BadFile
            If it is no JSON; the message names line and column.
        """
        self._take("[")
        while self.peek() != "]":
            yield self._value()
            if self.peek() != "]":
                self._take(",")
                self._refuse_end("]")
        self._finish()

    def pairs(self) -> Iterator[tuple[str, Any]]:
        """Iterate over the keys and values of an object; errors are those of :meth:`items`."""
        self._take("{")
        while self.peek() != "}":
            if self.peek() != '"':
                raise self._wrong("expecting property name enclosed in double quotes")
            key = self._value()
            self._take(":")
            yield key, self._value()
            if self.peek() != "}":
                self._take(",")
                self._refuse_end("}")
        self._finish()

    def _value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                inside = max(0, error.pos - self._at)
                if not self._may_go_on(error) or not self._fill():
                    self._at += inside
                    raise self._wrong(f"{error.msg[:1].lower()}{error.msg[1:]}") from error
                continue
            except (RecursionError, ValueError) as error:
                # ValueError: a number of thousands of digits, which Python refuses to read.
                raise BadFile(
                    f"The JSON value that begins in line {self._line(self._at)} is nested too "
                    "deeply or holds a huge number. Give each document a flat object."
                ) from error
            # "1" may be the beginning of "1.5" where the text read so far ends.
            whole = not isinstance(value, int | float) or self._text[end : end + 1] not in _NUMBER
            length = end - self._at  # reading on moves the beginning
            if whole or not self._fill():
                self._at += length
                return value

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        near = error.pos >= len(self._text) - _NEAR_THE_END
        return near or error.msg.startswith("Unterminated string")

    def _fill(self) -> bool:
        """Read on, as much again as there is; return whether there was more."""
        left = self._text[self._at :]
        if self._ended:
            return False
        if len(left) > MAX_ITEM:
            raise BadFile(
                f"The JSON value that begins in line {self._line(self._at)} has more than "
                f"{MAX_ITEM:,} characters. Check that a quote or bracket is not left open there."
            )
        more = self._stream.read(max(CHUNK, len(left)))
        self._ended = not more
        passed = self._text[: self._at]
        self._lines_before += passed.count("\n")
        newline = passed.rfind("\n")
        self._column_before = (
            len(passed) - newline - 1 if newline >= 0 else self._column_before + len(passed)
        )
        self._text, self._at = left + more, 0
        return bool(more)

    def _take(self, character: str) -> None:
        if self.peek() != character:
            raise self._wrong(f"expecting {character!r}")
        self._at += 1

    def _refuse_end(self, closing: str) -> None:
        if self.peek() == closing:
            raise self._wrong("illegal trailing comma before the end")

    def _finish(self) -> None:
        self._at += 1
        if self.peek():
            raise self._wrong("extra data")

    def _line(self, at: int) -> int:
        return self._lines_before + self._text.count("\n", 0, at) + 1

    def _wrong(self, reason: str) -> BadFile:
        newline = self._text.rfind("\n", 0, self._at)
        column = self._at - newline if newline >= 0 else self._column_before + self._at + 1
        return BadFile(
            f"Line {self._line(self._at)}, column {column} is not JSON: {reason}. "
            "Correct it there."
        )
