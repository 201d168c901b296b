"""Texts without upper and lower case: the folding that RE2 does, for whole columns.

Arrow's lower-casing is nearly that folding, and fast; the few hundred characters in which the two
differ (final sigma, the micro sign, Cherokee) are seen to one text at a time.
"""

from __future__ import annotations

import functools
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_LAST_CASED = 0x1F000
"""No character beyond it has a case."""

# Unicode folds them to several characters; RE2 treats each as one with its twin.
_TWINS = {0x1FD3: 0x390, 0x1FE3: 0x3B0, 0xFB05: 0xFB06}


def fold(texts: pa.Array) -> pa.Array:
    """Return texts in which characters that differ in case alone are one; large_string ``[n]``.

    Each character stays one character, so that positions keep their meaning.
    """
    lowered = pc.utf8_lower(texts).cast(pa.large_string())
    table, differing = _table()
    mask = pc.match_substring_regex(texts, differing).fill_null(False)
    if not pc.any(mask).as_py():
        return lowered
    folded = [text.translate(table) for text in texts.filter(mask).to_pylist()]
    return pc.replace_with_mask(lowered, mask, pa.array(folded, pa.large_string()))


@functools.lru_cache(maxsize=1)
def _table() -> tuple[dict[int, int], str]:
    """Return the folding by code point, and a pattern for where Arrow does otherwise."""
    cased = [c for c in map(chr, range(_LAST_CASED)) if c.casefold() != c or c.lower() != c]
    table = {ord(c): ord(_simple(c)) for c in cased} | _TWINS
    known: Any = pc.utf8_lower(pa.array(list(map(chr, table)))).to_pylist()
    differing = [c for c, low in zip(table, known, strict=True) if low != chr(table[c])]
    return table, "[" + "".join(f"\\x{{{c:x}}}" for c in differing) + "]"


def _simple(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character
