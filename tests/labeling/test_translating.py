"""A translated pattern finds in Python's ``re`` what the pattern finds in RE2."""

from __future__ import annotations

import re
from typing import Any

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from studio.labeling.translating import flags_in_words, to_python

ALPHABET = "abiIsSkK1_ \n\t\v.-,İıſK\u00e4\u00c4ßẞΣςéñ你\u0301٣²\x85\u2028|[]"
TEXTS = st.text(alphabet=ALPHABET, max_size=12)


def compile_re2(pattern: str, case_sensitive: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.log_errors = False
    return re2.compile(pattern, options=options)


def spans(compiled: Any, text: str) -> list[tuple[int, int]]:
    return [match.span() for match in compiled.finditer(text)]


PATTERNS = [
    "check.?out",
    r"\bis\b",
    r"\d{2,3}|\w+\s",
    r"^is|si$",
    r"(?m)^i\w*$",
    r"(?is)i.k",
    r"[a-k]+|[^i]",
    r"[\w.-]+@[\w.-]+",
    r"\pL+\p{M}*|\P{L}",
    r"[[:alpha:]]+|[[:^alpha:]\]]",
    r"\p{Han}|[^\p{Latin}]",
    r"\Qa.b|\E|\x{130}|\x69",
    r"(?P<one>i)(?:b)?(s)*?",
    r"a{,2}|a{|]|}",
    r"[]i]|[^]i]|[-a]",
    r"\A\s|\S\z",
    r"[^\x00-\x{10FFFF}]|ä",
    r"[\s\S]k",
    r"ß|σ|é",
    r"\.|\||\-|\_",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("case_sensitive", [True, False])
def test_ordinary_patterns_are_translated(pattern: str, case_sensitive: bool) -> None:
    assert to_python(pattern, case_sensitive) is not None


@given(text=TEXTS, pattern=st.sampled_from(PATTERNS), case_sensitive=st.booleans())
def test_a_translated_pattern_finds_the_same(
    text: str, pattern: str, case_sensitive: bool
) -> None:
    translated = to_python(pattern, case_sensitive)
    assert translated is not None
    wanted = compile_re2(pattern, case_sensitive).search(text)
    found = re.compile(*translated).search(text)
    assert (found and found.span()) == (wanted and wanted.span())


PIECES = ["a", "i", "I", "k", "s", "ß", "你", ".", r"\w", r"\d", r"\s", r"\b", "[a-k]", r"[^\w\s]"]
PIECES += [
    r"\pL",
    "^",
    "$",
    "(",
    ")",
    "|",
    "*",
    "+",
    "?",
    "{1,2}",
    "(?:",
    r"\.",
    "[İ-ı]",
    "-",
    "]",
]


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), TEXTS, st.booleans())
def test_any_pattern_finds_the_same_or_is_not_translated(
    pattern: str, text: str, case_sensitive: bool
) -> None:
    try:
        wanted = compile_re2(pattern, case_sensitive)
    except re2.error:
        return
    translated = to_python(pattern, case_sensitive)
    if translated is not None:
        assert (re.compile(*translated).search(text) is None) == (wanted.search(text) is None)


@pytest.mark.parametrize("pattern", ["(?U)a+", "a(?i)b", "(?i:a)b", r"\C", r"\B", r"\07"])
def test_what_python_lacks_is_not_translated(pattern: str) -> None:
    compile_re2(pattern, True)
    assert to_python(pattern, True) is None


def test_plain_patterns_stay_readable() -> None:
    assert to_python("free money", True) == ("free money", 0)
    assert to_python("[a-h]+ you", False) == ("[a-h]+ you", re.IGNORECASE)
    assert flags_in_words(int(re.IGNORECASE | re.DOTALL)) == "_re.IGNORECASE | _re.DOTALL"
    assert flags_in_words(0) == "0"
