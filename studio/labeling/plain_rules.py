"""Declarative rules in plain Python: what the module of an export is made from.

Each function here is copied, as it stands, into the modules that need it. Hence the plain types,
the underscores, and nothing imported but the standard library.
"""

from __future__ import annotations

import math as _math
import re as _re
import unicodedata as _unicodedata
from typing import Any


def _fold(text: str) -> str:
    """Return a text in which upper and lower case are one; each character stays one."""
    if text.isascii():
        return text.lower()
    twins = {"\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06"}
    parts = ((twins.get(c, c), c.casefold(), c.lower()) for c in text)
    return "".join(
        twin if twin != c else next((f for f in (folded, low) if len(f) == 1), c)
        for c, (twin, folded, low) in zip(text, parts, strict=True)
    )


def _in_word(character: str) -> bool:
    return bool(character) and (character == "_" or _unicodedata.category(character)[0] in "LNM")


def _is_in(term: str, text: str, whole_words: bool) -> bool:
    start = text.find(term)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(term) :][:1]
        if not whole_words or not (_in_word(before) or _in_word(after)):
            return True
        start = text.find(term, start + 1)
    return False


def _found(
    text: str, terms: list[str], *, whole_words: bool = False, case_sensitive: bool = False
) -> list[int]:
    """Return which of some terms are in a text, by their positions in the list."""
    fold = str if case_sensitive else _fold
    text = fold(text)
    return [i for i, term in enumerate(terms) if _is_in(fold(term), text, whole_words)]


def _most(labels: list[int]) -> int:
    """Return the label named most often; -1 for none and for a tie."""
    counts = sorted(((labels.count(label), label) for label in set(labels)), reverse=True)
    if not counts or (len(counts) > 1 and counts[0][0] == counts[1][0]):
        return -1
    return counts[0][1]


def _count(pattern: str, text: str, flags: int = 0) -> int:
    return sum(1 for _ in _re.finditer(pattern, text, flags))


def _percent(text: str, part: str, whole: str = "") -> float:
    """Return how many percent of the characters of a category of Unicode are of another one."""
    categories = [_unicodedata.category(c) for c in text]
    n = sum(c.startswith(whole) for c in categories)
    return 100 * (sum(c.startswith(part) for c in categories) / n) if n else 0.0


def _longest_run(text: str) -> int:
    """Return the length of the longest run of one character that is no white space."""
    white = {*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x3000}
    runs = (found[0] for found in _re.finditer(r"(.)\1*", text, _re.DOTALL))
    return max((len(run) for run in runs if ord(run[0]) not in white), default=0)


def _cell(x: Any, name: str) -> str | None:
    """Return a cell as text, trimmed and without case; None where it is empty."""
    value = x[name]
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of whole numbers with gaps is read as floats
    return _fold(str(value).strip()) or None


def _number(x: Any, name: str) -> float | None:
    """Return a cell as a number; None where it is empty or no number."""
    cell = _cell(x, name)
    plain = _re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", _re.ASCII)
    if cell is None or not plain.fullmatch(cell):
        return None
    number = float(cell)
    return number if _math.isfinite(number) else None


def _is_same(x: Any, name: str, value: str) -> bool:
    """Whether a cell is a value: as a number where both are numbers, else as a text."""
    numbers = _number(x, name), _number({"value": value}, "value")
    return _cell(x, name) == _fold(value.strip()) or (
        None not in numbers and numbers[0] == numbers[1]
    )
