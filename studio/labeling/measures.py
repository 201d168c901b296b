"""Measured properties of texts: one number a document, computed for whole columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.labeling.portions import bytes_of, is_ascii, portions

Numbers = NDArray[np.float64]
Measure = Callable[[pa.Array], Numbers]
Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]

_WHITE = r"\s\x0b\x1c-\x1f\x{85}\p{Z}"
_SIGNS = r"\p{Han}\p{Hiragana}\p{Katakana}"
_WIDE_MARKS = (
    r"\x{3000}-\x{303f}\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff20}\x{ff3b}-\x{ff40}\x{ff5b}-\x{ff65}"
)
WORDS: Final = f"[{_SIGNS}]|[^{_WHITE}{_SIGNS}{_WIDE_MARKS}]+"
"""Pieces between white space; of Chinese and Japanese, each sign."""

LINKS: Final = (
    r"(?i)(?:https?://|www\.)[^\s]+"
    r"|\b[a-z0-9-]+\.(?:com|net|org|info|io|co|ly|me|tv|be|gl|cn|de|uk|ru|eu)(?:/[^\s]*|\b)"
)
_PICTURE = (
    r"[\x{1f300}-\x{1f3fa}\x{1f400}-\x{1faff}\x{2600}-\x{27bf}\x{2b50}\x{2b55}\x{231a}\x{231b}"
    r"\x{23e9}-\x{23f3}]"
)
_CHANGED = r"[\x{fe0f}\x{1f3fb}-\x{1f3ff}]*"
EMOJI: Final = (
    rf"[\x{{1f1e6}}-\x{{1f1ff}}]{{2}}|{_PICTURE}{_CHANGED}(?:\x{{200d}}{_PICTURE}{_CHANGED})*"
)
_WHITE_CODES: Final = (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x3000)


def _count(pattern: str) -> Callable[[pa.Array], Numbers]:
    return lambda texts: _numbers(pc.count_substring_regex(texts, pattern))


def _quickly(by_bytes: Callable[[Bytes, Offsets], Numbers], pattern: str) -> Measure:
    """Return what counts a pattern: over the bytes of ASCII texts, by RE2 in the others."""

    def measure(texts: pa.Array) -> Numbers:
        counts = [np.zeros(0)]
        for _, part in portions(texts.cast(pa.large_string())):
            found = by_bytes(*bytes_of(part))
            other = np.flatnonzero(~is_ascii(part))
            if len(other):
                found[other] = _count(pattern)(part.take(pa.array(other)))
            counts.append(found)
        return np.concatenate(counts)

    return measure


def _characters_in(category: str) -> Measure:
    """Return what counts the characters of a Unicode category such as ``Lu`` or ``P``."""
    wanted = [unicodedata.category(chr(b)).startswith(category) for b in range(128)]
    table = bytes([*wanted, *[False] * 128])

    def by_bytes(data: Bytes, offsets: Offsets) -> Numbers:
        return _sums(np.frombuffer(data.tobytes().translate(table), np.bool_), offsets)

    return _quickly(by_bytes, rf"\p{{{category}}}")


def _sign(plain: str, wide: str) -> Measure:
    """Return what counts an ASCII sign and its wide twin."""
    return _quickly(lambda data, at: _sums(data == ord(plain), at), f"[{plain}{wide}]")


def _words_in(data: Bytes, offsets: Offsets) -> Numbers:
    """Count the bytes that are no white space, but stand behind some or begin a text."""
    # Below 0 bytes begin again at 255, so each of these is one comparison.
    solid = ((data - np.uint8(9)) > 4) & ((data - np.uint8(28)) > 4)
    begins = solid.copy()
    begins[1:] &= ~solid[:-1]
    first = offsets[:-1][offsets[:-1] < offsets[1:]]
    begins[first] = solid[first]
    return _sums(begins, offsets)


def _sums(mask: NDArray[np.bool_], offsets: Offsets) -> Numbers:
    """Return how many bytes of each text a mask has."""
    return np.diff(np.searchsorted(np.flatnonzero(mask), offsets)).astype(np.float64)


def _percent(part: Measure, whole: Measure) -> Measure:
    """Return what measures a share in percent; 0 where there is nothing."""

    def measure(texts: pa.Array) -> Numbers:
        counted, of = part(texts), whole(texts)
        return 100 * np.divide(counted, of, out=np.zeros(len(texts)), where=of > 0)

    return measure


def _characters(texts: pa.Array) -> Numbers:
    return _numbers(pc.utf8_length(texts))


def _longest_run(texts: pa.Array) -> Numbers:
    """Return the length of the longest run of one character that is no white space."""
    parts = [_longest_in(*_code_points(p)) for _, p in portions(texts.cast(pa.large_string()))]
    return np.concatenate([np.zeros(0), *parts])


def _code_points(texts: pa.Array) -> tuple[NDArray[Any], Offsets]:
    """Return the characters of texts, and where in them each text begins, ``[n + 1]``."""
    if is_ascii(texts).all():
        return bytes_of(texts)
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = np.frombuffer("".join(texts.to_pylist()).encode("utf-32-le"), np.uint32)
    return codes, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _longest_in(codes: NDArray[Any], offsets: Offsets) -> Numbers:
    longest = np.zeros(len(offsets) - 1)
    filled = np.flatnonzero(offsets[:-1] < offsets[1:])
    if not len(filled):
        return longest
    changes = np.concatenate([[True], codes[1:] != codes[:-1]])
    changes[offsets[filled]] = True
    starts = np.flatnonzero(changes)
    runs = np.diff(starts, append=len(codes))
    runs[np.isin(codes[starts], _WHITE_CODES)] = 0
    longest[filled] = np.maximum.reduceat(runs, np.searchsorted(starts, offsets[filled]))
    return longest


def _numbers(column: Any) -> Numbers:
    values: Numbers = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return values


MEASURES: Final[dict[str, Measure]] = {
    "characters": _characters,
    "words": _quickly(_words_in, WORDS),
    "capitals in %": _percent(_characters_in("Lu"), _characters_in("L")),
    "digits in %": _percent(_characters_in("Nd"), _characters),
    "punctuation in %": _percent(_characters_in("P"), _characters),
    "exclamation marks": _sign("!", "！"),
    "question marks": _sign("?", "？"),
    "links": _count(LINKS),
    "emoji": _count(EMOJI),
    "repeated character": _longest_run,
}
"""By name: from texts without gaps to one number each, float64 ``[n]``."""
