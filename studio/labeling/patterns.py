"""Searching texts in linear time: RE2 over Arrow columns, and over single texts for spans.

RE2 has no backtracking, so no pattern of a user can hang on a text.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.functions import Votes
from studio.core.jobs import Progress
from studio.core.schema import ABSTAIN

if TYPE_CHECKING:
    from studio.labeling.base import ShardSource, Spans

MAX_PATTERN = 10_000
"""Characters of a pattern."""

# RE2's \b knows ASCII only. Marks belong to words: Hindi vowels are marks.
_NOT_WORD = r"[^\p{L}\p{N}\p{M}_]"


def vote_where(
    source: ShardSource,
    patterns: Sequence[str],
    label: int,
    *,
    case_sensitive: bool,
    progress: Progress,
) -> Votes:
    """Return a vote for ``label`` on each document in which all patterns are found."""
    votes = np.full(source.n_docs, ABSTAIN, np.int16)
    first = 0
    for texts in source.texts():
        found = _found_in(texts, patterns, case_sensitive)
        votes[first : first + len(texts)][found] = label
        first += len(texts)
        progress(first / max(1, source.n_docs), "")
    return Votes(votes)


def spans_of(text: str, pattern: str, *, case_sensitive: bool) -> Spans:
    """Return where a pattern is found in one text; empty matches are left out."""
    compiled = compile_pattern(pattern, case_sensitive)
    return [match.span() for match in compiled.finditer(text) if match.end() > match.start()]


def word_pattern(words: Iterable[str], *, whole_words: bool) -> str:
    """Return a pattern that finds any of some words or phrases."""
    import re2

    any_of = "|".join(re2.escape(word) for word in words)
    if not whole_words:
        return f"(?:{any_of})"
    return f"(?:^|{_NOT_WORD})(?:{any_of})(?:$|{_NOT_WORD})"


def merge(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return spans in ascending order, overlapping and touching ones joined."""
    merged: Spans = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@functools.lru_cache(maxsize=256)
def compile_pattern(pattern: str, case_sensitive: bool) -> Any:
    """Return a compiled RE2 pattern.

    Raises
    ------
    Invalid
        If RE2 does not take the pattern.
    """
    import re2

    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if error.args else "it is malformed"
        raise Invalid(f"The pattern {pattern[:60]!r} cannot be used: {said}.") from error


def _found_in(texts: Any, patterns: Sequence[str], case_sensitive: bool) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    found = np.ones(len(texts), np.bool_)
    for pattern in patterns:
        mask = pc.match_substring_regex(texts, pattern, ignore_case=not case_sensitive)
        found &= mask.fill_null(False).to_numpy(zero_copy_only=False)
    return found
