"""What a search means to the engine that runs it, RE2: its time grows with the text alone."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from studio.core.errors import Invalid
from studio.core.filters import TextMode

_EDGE: Final = r"[^\pL\pM\pN_]"
_WITHOUT_BLANKS: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese, and Korean, whose particles cling to words."""


class Pattern(NamedTuple):
    """One thing that a text must have: a substring, or a match of a regular expression.

    ``hint`` is a substring of whatever matches, ``""`` if none is known: looking for it first is
    five times faster than matching everywhere.
    """

    words: str
    regex: bool
    case: bool
    hint: str = ""


def patterns_of(text: str, mode: TextMode, case: bool) -> tuple[Pattern, ...]:
    """Return what a text must have, all of it; nothing is asked by an empty search.

    Raises
    ------
    Invalid
        If it is a regular expression that RE2 does not understand.
    """
    clean = text.encode("utf-8", "replace").decode("utf-8")
    if not clean:
        return ()
    if mode is TextMode.WORDS:
        return tuple(dict.fromkeys(_whole(word, case) for word in clean.split()))
    if mode is TextMode.REGEX:
        _check(clean)
    return (Pattern(clean, mode is TextMode.REGEX, case),)


def _whole(word: str, case: bool) -> Pattern:
    if _WITHOUT_BLANKS.search(word):
        return Pattern(word, False, case)
    before = f"(?:^|{_EDGE})" if _in_word(word[0]) else ""
    after = f"(?:$|{_EDGE})" if _in_word(word[-1]) else ""
    return Pattern(f"{before}{re.escape(word)}{after}", True, case, word)


def _in_word(character: str) -> bool:
    return character == "_" or unicodedata.category(character)[0] in "LMN"


def _check(pattern: str) -> None:
    try:
        pc.match_substring_regex(pa.array([""], pa.large_string()), pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression:").strip()
        raise Invalid(
            f"The regular expression is not understood ({reason[:120]}). Correct it; looking "
            "around, as in (?=…) and (?<!…), and back-references, as in \\1, cannot be searched."
        ) from error
