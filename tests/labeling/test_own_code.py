from __future__ import annotations

from studio.labeling.own_code import own_code

MODULE = '''\
"""Rules."""
import re

WORDS = ["money"]


def helper(text):
    return text.lower()


# Looks for refunds.
@labeling_function()
def says_refund(x):
    return REFUND if "refund" in helper(x.text) else ABSTAIN


@labeling_function(name="money", resources={"words": WORDS})
def looks_for_money(x, words):
    return REFUND if any(w in x.text for w in words) else ABSTAIN


# Asks another one.
@labeling_function()
def both(x):
    return says_refund(x)
'''
NAMES = ["says_refund", "money", "both"]


def test_a_function_keeps_what_it_needs_and_loses_the_others() -> None:
    part = own_code(MODULE, "money", NAMES)
    assert "def looks_for_money" in part
    assert "def helper" in part
    assert "def both" not in part
    assert "Asks another one" not in part
    assert "def says_refund" not in part


def test_what_a_function_calls_stays() -> None:
    part = own_code(MODULE, "both", NAMES)
    assert "def says_refund" in part
    assert "Looks for refunds." in part
    assert "looks_for_money" not in part


def test_editing_one_function_changes_only_its_own_part() -> None:
    edited = MODULE.replace("any(w in", "all(w in")
    assert own_code(edited, "says_refund", NAMES) == own_code(MODULE, "says_refund", NAMES)
    assert own_code(edited, "both", NAMES) == own_code(MODULE, "both", NAMES)
    assert own_code(edited, "money", NAMES) != own_code(MODULE, "money", NAMES)


def test_a_list_of_all_functions_keeps_them_all() -> None:
    module = MODULE + "\nlfs = [says_refund, looks_for_money, both]\n"
    assert own_code(module, "money", NAMES) == module


def test_a_function_that_is_no_def_keeps_the_whole_module() -> None:
    module = MODULE + '\nmade = LabelingFunction(name="made", f=lambda x: 0)\n'
    assert own_code(module, "made", [*NAMES, "made"]) == module


def test_a_module_of_one_function_stays_as_it_is() -> None:
    code = "def f(x):\n    return 0\n\n\n\n\n\n# the end"
    assert own_code(code, "f", ["f"]) == code


def test_the_part_of_a_part_is_itself() -> None:
    part = own_code(MODULE, "money", NAMES)
    assert own_code(part, "money", ["money"]) == part
