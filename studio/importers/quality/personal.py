"""Personal data in texts: found, checked, and masked so that it can be put back.

All patterns run in RE2, in time linear in the text.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.importers.quality.choices import KINDS, Kind
from studio.importers.quality.numbers import card_spans, iban_span

# Chinese and Japanese write without blanks, so their letters must not count as part of a name.
_NAME: Final = r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{M}0-9"
_EMAIL: Final = _NAME + r"._%+\-]+@(?:" + _NAME + r"\-]+\.)+\p{Latin}{2,}"
_RUN: Final = r"\d(?:[ \x{a0}\-]?\d){11,}"
_IBAN: Final = r"[A-Za-z]{2}\d{2}[ \-\x{a0}]?[A-Za-z0-9]"
_GAP: Final = r"[ .\-/()\x{a0}]{0,2}"
_PHONES: Final = (
    rf"(?:\+|00)[ ]?[1-9](?:{_GAP}\d){{6,14}}",
    r"(?:1[ .\-])?(?:\(\d{3}\)[ ]?|\d{3}[ .\-])\d{3}[ .\-]\d{4}",
    r"1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}",
    rf"\(?0[1-9](?:{_GAP}\d){{7,10}}",
)
_DATE: Final = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}")
_TOKEN: Final = re.compile(r"\[(?:EMAIL|PHONE|CARD|IBAN)_[0-9]+\]")
# A text without any of these holds nothing that is looked for.
_HINT: Final = r"@|\d(?:[ .\-/()\x{a0}]{0,3}\d){6}|[A-Za-z]{2}\d{2}[ \-\x{a0}]?[A-Za-z0-9]{2}"
_FOLD: Final = {
    0xFF20: "@", 0xFF0B: "+", 0xFF0D: "-", 0xFF0E: ".", 0xFF08: "(", 0xFF09: ")", 0x3000: " ",
    0x2010: "-", 0x2011: "-", 0x2013: "-",
    **{0xFF10 + digit: str(digit) for digit in range(10)},
}  # fmt: skip
_UNUSUAL: Final = "[\uff20\uff10-\uff19]"


@dataclass(frozen=True)
class Found:
    """Personal data in a text: characters ``start`` to ``end``, and what they were taken for."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Token:
    """A value that was taken out of a text, and what stands in its place."""

    token: str
    kind: Kind
    value: str


@dataclass(frozen=True)
class Masking:
    """What masking a column of texts brought.

    Attributes
    ----------
    texts
        large_string ``[n]``; the column itself where nothing was masked.
    rows, tokens
        Row and token of each value taken out, in order of the rows; equally long.
    flags
        uint8 ``[n]``: bit ``i`` says that ``KINDS[i]`` was found, masked or not.
    counts
        How many values were found, by kind.
    """

    texts: Any
    rows: tuple[int, ...]
    tokens: tuple[Token, ...]
    flags: NDArray[np.uint8]
    counts: Mapping[Kind, int]


def find_personal(text: str, kinds: Collection[Kind] = KINDS) -> list[Found]:
    """Return the personal data in a text, in order; nothing overlaps."""
    folded = text.translate(_FOLD)
    claimed = bytearray(len(text))
    found = []
    # The surer a kind is told, the earlier: digits of a card can look like a phone number.
    for kind in _SEARCHES:
        for start, end in _SEARCHES[kind](folded) if kind in kinds else ():
            if not any(claimed[start:end]):
                claimed[start:end] = b"\1" * (end - start)
                found.append(Found(kind, start, end))
    return sorted(found, key=lambda item: item.start)


def mask_text(text: str, kinds: Collection[Kind] = KINDS) -> str:
    """Return a text with personal data replaced by tokens such as [EMAIL_1]."""
    return masked(text, find_personal(text, kinds))[0]


def masked(text: str, found: Sequence[Found]) -> tuple[str, list[Token]]:
    """Return a text with tokens in place of what was found, and what each token stands for.

    Equal values get one token. A token that the text itself holds is not used.
    """
    there = set(_TOKEN.findall(text))
    tokens: dict[tuple[Kind, str], Token] = {}
    numbers: Counter[Kind] = Counter()
    parts, at = [], 0
    for item in found:
        value = text[item.start : item.end]
        if (item.kind, value) not in tokens:
            numbers[item.kind] += 1
            while (name := f"[{item.kind.upper()}_{numbers[item.kind]}]") in there:
                numbers[item.kind] += 1
            tokens[item.kind, value] = Token(name, item.kind, value)
        parts += [text[at : item.start], tokens[item.kind, value].token]
        at = item.end
    return "".join([*parts, text[at:]]), list(tokens.values())


def unmasked(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the original values, by token, in place of their tokens."""
    return _TOKEN.sub(lambda match: values.get(match[0], match[0]), text)


def mask_column(texts: Any, kinds: Collection[Kind]) -> Masking:
    """Find personal data of all kinds in a column of texts, and mask some kinds.

    Parameters
    ----------
    texts
        Arrow strings ``[n]`` without gaps.
    kinds
        The kinds to mask; the others are only counted.
    """
    flags = np.zeros(len(texts), np.uint8)
    counts: Counter[Kind] = Counter()
    rows: list[int] = []
    tokens: list[Token] = []
    changed: dict[int, str] = {}
    candidates = np.flatnonzero(_suspicious(texts))
    for row, text in zip(
        candidates.tolist(), texts.take(pa.array(candidates)).to_pylist(), strict=True
    ):
        found = find_personal(text)
        for item in found:
            flags[row] |= 1 << KINDS.index(item.kind)
            counts[item.kind] += 1
        to_mask = [item for item in found if item.kind in kinds]
        if to_mask:
            changed[row], taken = masked(text, to_mask)
            rows += [row] * len(taken)
            tokens += taken
    return Masking(_replaced(texts, changed), tuple(rows), tuple(tokens), flags, dict(counts))


def _suspicious(texts: Any) -> NDArray[np.bool_]:
    hint = pc.match_substring_regex(texts, _HINT)
    unusual = pc.match_substring_regex(texts, _UNUSUAL)
    return pc.or_(hint, unusual).to_numpy(zero_copy_only=False)


def _replaced(texts: Any, changed: Mapping[int, str]) -> Any:
    if not changed:
        return texts
    mask = np.zeros(len(texts), np.bool_)
    mask[list(changed)] = True
    # In order of the rows, which is the order in which they were found.
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(changed.values(), texts.type))


def _emails(text: str) -> Iterator[tuple[int, int]]:
    if "@" not in text:
        return
    for match in _compiled(_EMAIL).finditer(text):
        start, end = match.span()
        # A sentence may begin right before: "...foo@bar.org" is written that way.
        start += len(match[0]) - len(match[0].lstrip(".-%+"))
        yield start, end


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _compiled(_IBAN).finditer(text):
        span = iban_span(text, match.start())
        if span is not None and _stands_alone(text, *span):
            yield span


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _compiled(_RUN).finditer(text):
        for start, end in card_spans(text, *match.span()):
            if _stands_alone(text, start, end):
                yield start, end


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for pattern in _PHONES:
        for match in _compiled(pattern).finditer(text):
            start, end = match.span()
            if _stands_alone(text, start, end) and not _DATE.match(match[0]):
                yield start, end


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a number is not the middle of a longer number or word."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if _in_word(before[-1:]) or _in_word(after[:1]):
        return False
    joined_before = before[-1:] in (".", ",") and before[:1].isdigit() and len(before) == 2
    joined_after = after[:1] in (".", ",", "-") and after[1:].isdigit()
    return not joined_before and not joined_after


def _in_word(character: str) -> bool:
    return character == "_" or (character.isalnum() and ord(character) < 0x2E80)


@functools.lru_cache(maxsize=16)
def _compiled(pattern: str) -> Any:
    import re2

    return re2.compile(pattern)


_SEARCHES: Final[Mapping[Kind, Callable[[str], Iterator[tuple[int, int]]]]] = {
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "phone": _phones,
}
