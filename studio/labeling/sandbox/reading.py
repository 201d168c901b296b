"""Reading what comes back from the sandbox; nothing of it is trusted."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_MAX_TEXT = 500
_MAX_LINES = 400
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")


def clean(text: object, length: int = _MAX_TEXT) -> str:
    """Return text that is safe to show: one line, bounded, only visible characters.

    Terminal escapes are dropped; control characters, marks that turn the direction of writing
    and lone surrogates become a replacement character. HTML stays text: the page escapes it.
    """
    if not isinstance(text, str):
        return ""
    shown = _ESCAPES.sub("", text[: 4 * length])
    return "".join(map(_visible, shown))[:length].strip()


def messages(report: bytes) -> Iterator[dict[str, Any]]:
    """Iterate over the JSON objects of a report, leaving out whatever is none."""
    for line in report.split(b"\n")[:_MAX_LINES]:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict):
            yield message


def items(message: dict[str, Any], key: str, length: int) -> list[Any] | None:
    """Return a list of a given length from a message, None if it is not there."""
    found = message.get(key)
    return found if isinstance(found, list) and len(found) == length else None


def whole(value: object, low: int, high: int) -> int | None:
    """Return a value if it is an integer in ``low..high - 1``, else None."""
    return value if type(value) is int and low <= value < high else None


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or character in "\n\r\t":
        return " "
    return "\ufffd" if category[0] == "C" else character
