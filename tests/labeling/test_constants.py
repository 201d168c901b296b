from __future__ import annotations

from studio.labeling.constants import constant_names


def test_labels_are_known_in_capitals_and_as_they_are() -> None:
    assert constant_names(["not spam", "Spam"]) == {
        "NOT_SPAM": 0,
        "SPAM": 1,
        "Spam": 1,
        "ABSTAIN": -1,
    }


def test_names_that_two_labels_share_or_python_keeps_are_left_out() -> None:
    assert constant_names(["a-b", "a b", "class", "7", "abstain"]) == {
        "CLASS": 2,
        "abstain": 4,
        "ABSTAIN": -1,
    }


def test_other_scripts_are_names_too() -> None:
    assert constant_names(["好", "坏"]) == {"好": 0, "坏": 1, "ABSTAIN": -1}
