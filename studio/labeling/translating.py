"""Patterns of RE2 as patterns of Python's ``re`` that find the same.

The two differ in more than it seems: what a word, a digit or a space is, which letters are one
without case, where the end of a text is. Every class of characters is compared, over all of
Unicode, with what RE2 itself finds.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

Ranges = tuple[tuple[int, int], ...]
"""Code points, first and last each, ascending."""

_CLASS_ESCAPE = re.compile(r"\\(?:[dDwWsS]|[pP](?:\{\^?\w+\}|\w))")
_CHARACTER = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_REPEAT = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|:))?")
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_SET = re.compile(
    r"\[\^?\]?(?:\[:\^?\w+:\]|\\x\{[0-9A-Fa-f]+\}|\\[pP]\{\^?\w+\}|\\.|[^\]\\])*\]", re.DOTALL
)
_PLAIN_SET = re.compile(r"\[\^?(?:[^\W_]-[^\W_]|[^\[\]\\&~|^-])+\]")
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_TURKISH = "iI\u0130\u0131"  # one letter to Python, three to RE2
_SPECIAL = "\\.^$*+?{}[]()|"
# Not \B: RE2 finds it inside of a character, between two of its bytes.
_PLACES = {"b": r"(?a:\b)", "A": r"\A", "z": r"\Z"}
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ASCII_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r "}


class _Untranslatable(Exception):
    """There is no such thing in Python's ``re``, or it is not worth its lines here."""


def to_python(pattern: str, case_sensitive: bool) -> tuple[str, int] | None:
    """Return a pattern for ``re`` and its flags; None if there is none that finds the same.

    Parameters
    ----------
    pattern
        One that RE2 takes.
    case_sensitive
        Whether upper and lower case differ.
    """
    try:
        translated, flags = _translate(pattern, case_sensitive)
        re.compile(translated, flags)
    except (_Untranslatable, re.error, RecursionError, OverflowError):
        return None
    return translated, flags


def flags_in_words(flags: int) -> str:
    """Return flags as Python code that adds them up, ``"0"`` for none."""
    named = ("IGNORECASE", "MULTILINE", "DOTALL")
    return " | ".join(f"_re.{name}" for name in named if flags & getattr(re, name)) or "0"


def _translate(pattern: str, case_sensitive: bool) -> tuple[str, int]:
    flags = 0 if case_sensitive else int(re.IGNORECASE)
    start = 0
    leading = _FLAGS.match(pattern)
    if leading:
        start = leading.end()
        flags |= sum(int(getattr(re, letter.upper())) for letter in set(leading[1]))
    return "".join(_parts(pattern, start, flags)), flags


def _parts(pattern: str, position: int, flags: int) -> Iterator[str]:
    while position < len(pattern):
        for known, put in _SYNTAX:
            found = known.match(pattern, position)
            if found:
                yield put(found, flags)
                position = found.end()
                break


def _put_group(found: re.Match[str], flags: int) -> str:
    following = found.string[found.end() : found.end() + 1]
    if found[0] == "(" and following == "?":
        raise _Untranslatable  # flags for a part of the pattern
    return "(" if found[0] == "(" else "(?:"  # nothing refers to a group


def _put_quoted(found: re.Match[str], flags: int) -> str:
    return "".join(_literal(character, flags) for character in found[1])


def _put_character(found: re.Match[str], flags: int) -> str:
    code = int(found[1] or found[2], 16)
    if code > sys.maxunicode:
        raise _Untranslatable
    return _literal(chr(code), flags)


def _put_escape(found: re.Match[str], flags: int) -> str:
    letter = found[0][1:]
    if letter in _PLACES:
        return _PLACES[letter]
    if letter in _CONTROLS:
        return _literal(_CONTROLS[letter], flags)
    if letter.isalnum():
        raise _Untranslatable
    return _literal(letter, flags)


def _put_class(found: re.Match[str], flags: int) -> str:
    raw = found[0]
    letter = raw[1:2].lower()
    plain = raw
    if raw[0] == "\\":
        negated = "^" if raw[1].isupper() else ""
        plain = f"[{negated}{_ASCII_CLASSES[letter]}]" if letter in _ASCII_CLASSES else ""
    elif not _PLAIN_SET.fullmatch(raw):
        plain = ""
    ignoring = flags & int(re.IGNORECASE)
    wanted = _found_by_re2(raw, not ignoring)
    if plain and _found_by_python(plain, ignoring) == wanted:
        return plain
    return _with_case(_as_set(wanted), flags)


def _put_end(found: re.Match[str], flags: int) -> str:
    return "$" if flags & int(re.MULTILINE) else r"\Z"


def _put_as_is(found: re.Match[str], flags: int) -> str:
    return found[0]


def _put_literal(found: re.Match[str], flags: int) -> str:
    return _literal(found[0], flags)


_SYNTAX: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], str]], ...] = (
    (_QUOTED, _put_quoted),
    (_CHARACTER, _put_character),
    (_CLASS_ESCAPE, _put_class),
    (re.compile(r"\\.", re.DOTALL), _put_escape),
    (_SET, _put_class),
    (_GROUP, _put_group),
    (_REPEAT, _put_as_is),
    (re.compile(r"[.^|)*+?]"), _put_as_is),
    (re.compile(r"\$"), _put_end),
    (re.compile(r".", re.DOTALL), _put_literal),
)
"""The first that is found where the last one ended says how it is put."""


def _literal(character: str, flags: int) -> str:
    if flags & int(re.IGNORECASE) and character in _TURKISH:
        return _with_case("[Ii]" if character in "iI" else character, flags)
    return f"\\{character}" if character in _SPECIAL else character


def _with_case(text: str, flags: int) -> str:
    return f"(?-i:{text})" if flags & int(re.IGNORECASE) else text


@functools.lru_cache(maxsize=1)
def _all_characters() -> str:
    return "".join(map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1))))


@functools.lru_cache(maxsize=256)
def _found_by_re2(one: str, case_sensitive: bool) -> Ranges:
    import re2

    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.log_errors = False
    try:
        return _ranges(re2.compile(f"(?:{one})+", options=options))
    except re2.error as error:
        raise _Untranslatable from error


@functools.lru_cache(maxsize=256)
def _found_by_python(one: str, flags: int) -> Ranges:
    return _ranges(re.compile(f"{one}+", flags))


def _ranges(pattern: Any) -> Ranges:
    characters = _all_characters()
    spans = (match.span() for match in pattern.finditer(characters))
    return tuple((ord(characters[start]), ord(characters[end - 1])) for start, end in spans)


def _as_set(ranges: Ranges) -> str:
    """Return code points as a class of characters: those inside, or not those outside."""
    if not ranges:
        return "(?!)"
    outside = tuple(_outside(ranges))
    if not outside:
        return r"[\s\S]"
    is_negated = len(outside) < len(ranges)
    listed = "".join(_range(*pair) for pair in (outside if is_negated else ranges))
    return f"[{'^' if is_negated else ''}{listed}]"


def _outside(ranges: Ranges) -> Iterator[tuple[int, int]]:
    following = 0
    for first, last in ranges:
        if following < first:
            yield following, first - 1
        following = last + 1
    if following <= sys.maxunicode:
        yield following, sys.maxunicode


def _range(first: int, last: int) -> str:
    ends = _one(first), _one(last)
    if first == last:
        return ends[0]
    return "".join(ends) if last == first + 1 else "-".join(ends)


def _one(code: int) -> str:
    character = chr(code)
    if character.isalnum() and character.isascii() or character == "_":
        return character
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
