"""Check digits: which digits can be a payment card, which letters and digits an IBAN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_CARDS: Final = (
    # First digits from .. to, and the numbers of digits that such a card has.
    (4, 4, (13, 16, 19)),
    (51, 55, (16,)),
    (2221, 2720, (16,)),
    (34, 34, (15,)),
    (37, 37, (15,)),
    (300, 305, (14,)),
    (36, 36, (14,)),
    (38, 39, (14, 16)),
    (6011, 6011, (16, 19)),
    (644, 659, (16, 19)),
    (62, 62, (16, 17, 18, 19)),
    (3528, 3589, (16, 19)),
    (50, 50, (16,)),
    (56, 58, (16,)),
    (63, 63, (16,)),
    (67, 67, (16,)),
)
_BY_FIRST: Final = {
    first: tuple(row for row in _CARDS if str(row[0])[0] <= first <= str(row[1])[0])
    for first in "23456"
}

_IBANS: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
    "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 "
    "IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 "
    "MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 "
    "SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
IBAN_LENGTHS: Final = {word[:2]: int(word[2:]) for word in _IBANS.split()}
"""Characters of an IBAN by country."""


def is_card(digits: str) -> bool:
    """Whether digits have the beginning, the length and the check digit (Luhn) of a card."""
    known = any(
        len(digits) in lengths and low <= int(digits[: len(str(low))]) <= high
        for low, high, lengths in _BY_FIRST.get(digits[:1], ())
    )
    return known and luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn, 1954)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def is_iban(letters: str) -> bool:
    """Whether letters and digits without blanks have an IBAN's length and check digits."""
    if IBAN_LENGTHS.get(letters[:2].upper()) != len(letters):
        return False
    turned = letters[4:] + letters[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def card_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Iterate over the cards in a run of digits, blanks and dashes; they do not overlap.

    A number begins and ends where a group of digits does, so the work is linear in the run.
    """
    places = [at for at in range(start, end) if text[at].isdigit()]
    begins = [i for i, at in enumerate(places) if i == 0 or places[i - 1] != at - 1]
    ends = {i for i, at in enumerate(places) if i + 1 == len(places) or places[i + 1] != at + 1}
    digits = "".join(text[at] for at in places)
    free = 0
    for first in begins:
        if first < free or digits[first] not in _BY_FIRST:
            continue
        for last in range(first + 18, first + 11, -1):
            if last in ends and is_card(digits[first : last + 1]):
                yield places[first], places[last] + 1
                free = last + 1
                break


def iban_span(text: str, start: int) -> tuple[int, int] | None:
    """Return the span of the IBAN that begins at ``start``; None if there is none."""
    length = IBAN_LENGTHS.get(text[start : start + 2].upper(), 0)
    found, at = "", start
    while len(found) < length and at < len(text):
        if text[at].isascii() and text[at].isalnum():
            found += text[at]
        elif text[at] not in " -\xa0" or not text[at - 1].isalnum():
            return None
        at += 1
    return (start, at) if found and is_iban(found) else None
