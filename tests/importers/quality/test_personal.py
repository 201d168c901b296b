from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.importers.quality.numbers import is_card, is_iban, luhn
from studio.importers.quality.personal import (
    find_personal,
    mask_column,
    mask_text,
    masked,
    unmasked,
)

# Numbers that card makers, banks and regulators publish for examples; no one's own.
CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"


def found(text: str) -> list[tuple[str, str]]:
    return [(item.kind, text[item.start : item.end]) for item in find_personal(text)]


@pytest.mark.parametrize(
    "text",
    ["ada.lovelace+x@mail.example.co.uk", "müller@firma.de", "A_B%c-d@x-y.org", "用户@x.y"],
)
def test_an_address_is_found_whole(text: str) -> None:
    expected = [] if text.startswith("用") else [("email", text)]
    assert found(f"to {text}.") == expected


def test_an_address_inside_chinese_ends_where_its_letters_end() -> None:
    assert found("我的邮箱foo@bar.com请联系") == [("email", "foo@bar.com")]


@pytest.mark.parametrize(
    "number",
    [
        "+44 20 7946 0958",
        "+49 (0) 171 2345678",
        "0044 20 7946 0958",
        "(555) 123-4567",
        "555-123-4567",
        "1-800-555-0199",
        "0171 2345678",
        "030/1234567",
        "01 23 45 67 89",
        "13812345678",
        "010-12345678",
        "１３８１２３４５６７８",
    ],
)
def test_a_phone_number_is_found_whole(number: str) -> None:
    assert found(f"ring {number}, please") == [("phone", number)]
    assert found(f"电话：{number}。") == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        "on 01.02.2024 10:30 and 2024-01-02 12:30:45",
        "order 1234567890123456 for 1,234,567.89",
        "at 192.168.100.200, pi is 3.14159265358979, 0.12345678901",
        "a@b and @name and item AB12345678901234567890",
        "card 4111 1111 1111 1112, IBAN GB28 NWBK 6016 1331 9268 19",
        "call 911 or 12345",
    ],
)
def test_numbers_that_are_nobodys_stay(text: str) -> None:
    assert mask_text(text) == text


def test_cards_and_accounts_are_found_by_their_check_digits() -> None:
    text = f"{CARD} 12/26, 378282246310005 and {IBAN} thanks gb29nwbk60161331926819"
    assert found(text) == [
        ("card", CARD),
        ("card", "378282246310005"),
        ("iban", IBAN),
        ("iban", "gb29nwbk60161331926819"),
    ]


@given(st.from_regex(r"[0-9]{12,18}", fullmatch=True))
def test_exactly_one_check_digit_of_ten_is_right(digits: str) -> None:
    assert sum(luhn(digits + str(last)) for last in range(10)) == 1


@given(st.integers(0, 21), st.integers(1, 9))
def test_one_wrong_character_breaks_an_account(place: int, shift: int) -> None:
    right = IBAN.replace(" ", "")
    assert is_iban(right)
    if right[place].isdigit():
        digit = str((int(right[place]) + shift) % 10)
        assert not is_iban(right[:place] + digit + right[place + 1 :])


def test_a_right_check_digit_alone_makes_no_card() -> None:
    assert luhn("1111111111111117")
    assert not is_card("1111111111111117")


def test_equal_values_share_a_token_and_unequal_ones_do_not() -> None:
    text = "a@b.co, c@d.co, a@b.co, A@b.co"
    assert mask_text(text) == "[EMAIL_1], [EMAIL_2], [EMAIL_1], [EMAIL_3]"


def test_only_the_kinds_asked_for_are_masked() -> None:
    assert mask_text("a@b.co or 555-123-4567", ["phone"]) == "a@b.co or [PHONE_1]"


def test_a_token_that_the_text_holds_is_not_used() -> None:
    text = "[EMAIL_1] wrote from a@b.co"
    changed, tokens = masked(text, find_personal(text))
    assert changed == "[EMAIL_1] wrote from [EMAIL_2]"
    assert unmasked(changed, {token.token: token.value for token in tokens}) == text


PARTS = st.sampled_from(
    [
        "a@b.co",
        "x.y@z.org",
        CARD,
        IBAN,
        "+44 20 7946 0958",
        "[EMAIL_1]",
        "[PHONE_2]",
        "说",
        " ",
        "7",
    ]
)


@given(st.lists(PARTS | st.text(max_size=5), max_size=12).map("".join))
def test_masking_can_be_undone_and_leaves_nothing_to_find(text: str) -> None:
    items = find_personal(text)
    changed, tokens = masked(text, items)
    assert unmasked(changed, {token.token: token.value for token in tokens}) == text
    assert all(one.end <= other.start for one, other in zip(items, items[1:], strict=False))


def test_a_column_says_what_was_found_and_what_was_masked() -> None:
    texts = pa.array(["plain", "a@b.co 555-123-4567", "c@d.co"], pa.large_string())
    masking = mask_column(texts, ["phone"])
    assert masking.texts.to_pylist() == ["plain", "a@b.co [PHONE_1]", "c@d.co"]
    assert masking.rows == (1,)
    assert [token.value for token in masking.tokens] == ["555-123-4567"]
    np.testing.assert_array_equal(masking.flags, [0, 0b11, 0b01])
    assert masking.counts == {"email": 2, "phone": 1}


def test_a_column_is_searched_as_single_texts_are() -> None:
    texts = [
        f"{CARD}!",
        "ｃall １３８１２３４５６７８",
        f"x {IBAN}",
        "foo＠bar.com",
        "+1 555 0100 200",
    ]
    masking = mask_column(pa.array(texts, pa.large_string()), ["email", "phone", "card", "iban"])
    assert masking.texts.to_pylist() == [mask_text(text) for text in texts]
    assert all(masking.flags)


@pytest.mark.slow
def test_a_hostile_text_takes_time_in_proportion_to_its_length() -> None:
    # Each of these makes a backtracking engine, or a search for each digit, take hours.
    for part in ("1 ", "a@", "1-", "DE89 ", "@", "(0", "[EMAIL_1]a@b.co ", "+1", "x."):
        assert len(mask_text(part * (200_000 // len(part)))) > 0
