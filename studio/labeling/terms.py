"""Finding thousands of terms at once: an Aho-Corasick automaton over the bytes of a column.

Its time grows with the text and not with the number of terms, where a pattern of thousands of
alternatives takes RE2 twenty times as long.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.labeling.base import Spans
from studio.labeling.folding import fold
from studio.labeling.patterns import merge
from studio.labeling.portions import ascii_words, bytes_of, is_ascii, portions

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and terms that were found in them, each pair once, ascending by row, then by term."""

_WORD = r"[\p{L}\p{N}\p{M}_]"
_ONE_WORD = re.compile(rb"[A-Za-z0-9_]+")
_CONTINUES, _CONTINUED = 0x80, 0xC0


@dataclass(frozen=True)
class _Hits:
    """Occurrences: row, term, and from which byte to which of that row's text."""

    rows: NDArray[np.int64]
    terms: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class _Automaton:
    """All occurrences of some byte patterns, which have numbers."""

    def __init__(self, patterns: Sequence[bytes], numbers: Sequence[int]) -> None:
        import ahocorasick_rs

        self._numbers = np.array(numbers, np.int64)
        self._automaton = ahocorasick_rs.BytesAhoCorasick(patterns) if patterns else None

    def find(self, data: Any) -> NDArray[np.int64]:
        """Return numbers, starts and ends, int64 ``[3, n]``."""
        if self._automaton is None:
            return np.zeros((3, 0), np.int64)
        found = self._automaton.find_matches_as_indexes(data, overlapping=True)
        flat = np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found)).reshape(-1, 3)
        return np.stack([self._numbers[flat[:, 0]], flat[:, 1], flat[:, 2]])


class _Words:
    """Those of some terms that are one ASCII word each: looked up, not searched for."""

    def __init__(self, terms: Sequence[bytes]) -> None:
        numbers: dict[bytes, int] = {}
        for number, term in enumerate(terms):
            if term.isascii() and _ONE_WORD.fullmatch(term):
                numbers.setdefault(term, number)  # twins are left to the automaton
        self._known = set(numbers.values())
        self._numbers = np.array(list(numbers.values()), np.int64)
        self._terms = pa.array(list(numbers), pa.large_binary())

    def __contains__(self, number: int) -> bool:
        return number in self._known

    def find(self, texts: pa.Array) -> Pairs:
        """Return rows of ASCII texts and terms that are words in them, repeated ones too."""
        data, offsets = bytes_of(texts)
        starts, words = ascii_words(data, offsets)
        places = pc.index_in(words, self._terms)
        there = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
        rows = np.searchsorted(offsets, starts[there], side="right") - 1
        return rows, self._numbers[places.drop_null().to_numpy()]


class TermFinder:
    """Finds terms in texts, overlapping ones too.

    Parameters
    ----------
    terms
        None of them empty; a text's terms are named by their position here.
    whole_words
        Whether letters, digits and underscores around an occurrence make it none.
    case_sensitive
        Whether upper and lower case differ.
    """

    def __init__(
        self, terms: Sequence[str], *, whole_words: bool = False, case_sensitive: bool = False
    ) -> None:
        self.n_terms = len(terms)
        self._whole_words = whole_words
        self._case_sensitive = case_sensitive
        column = self._prepared(pa.array(terms, pa.large_string()))
        patterns = [term.encode() for term in column.to_pylist()]
        self._every = _Automaton(patterns, list(range(len(terms))))
        self._words, self._rest = None, self._every
        if whole_words:
            self._words = _Words(patterns)
            others = [n for n in range(len(terms)) if n not in self._words]
            self._rest = _Automaton([patterns[n] for n in others], others)

    def pairs(self, texts: pa.Array) -> Pairs:
        """Return which rows of a column hold which terms."""
        found = [np.zeros(0, np.int64)]
        for first, part in portions(self._prepared(texts)):
            found.append(first * self.n_terms + _distinct(self._found_in(part)))
        both = np.concatenate(found)
        return both // self.n_terms, both % self.n_terms

    def rows(self, texts: pa.Array) -> NDArray[np.int64]:
        """Return which rows of a column hold any term, some several times; cheaper than pairs."""
        found = [np.zeros(0, np.int64)]
        for first, part in portions(self._prepared(texts)):
            found.append(first + self._found_in(part) // self.n_terms)
        return np.concatenate(found)

    def spans(self, text: str, wanted: NDArray[np.bool_] | None = None) -> Spans:
        """Return where in one text terms are, overlapping ones joined.

        ``wanted``, bool ``[n_terms]``, says which of them; all of them without it.
        """
        prepared = self._prepared(pa.array([text], pa.large_string()))
        hits = self._hits(prepared, self._every)
        kept = np.ones(len(hits.terms), np.bool_) if wanted is None else wanted[hits.terms]
        begins = (bytes_of(prepared)[0] & _CONTINUED) != _CONTINUES
        characters = np.concatenate([[0], np.cumsum(begins)])
        starts = characters[hits.starts[kept]].tolist()
        ends = characters[hits.ends[kept]].tolist()
        return merge(zip(starts, ends, strict=True))

    def _prepared(self, texts: pa.Array) -> pa.Array:
        return texts.cast(pa.large_string()) if self._case_sensitive else fold(texts)

    def _found_in(self, texts: pa.Array) -> NDArray[np.int64]:
        """Return row * n_terms + term of what is found, the same ones several times too."""
        if self._words is None:
            return self._numbered(self._hits(texts, self._every))
        plain = is_ascii(texts)
        if not plain.all():
            other = np.flatnonzero(~plain)
            hits = self._hits(texts.take(pa.array(other)), self._every)
            texts = pc.if_else(pa.array(plain), texts, "")
            found = self._numbered(replace(hits, rows=other[hits.rows]))
        else:
            found = np.zeros(0, np.int64)
        rows, terms = self._words.find(texts)
        rest = self._numbered(self._hits(texts, self._rest))
        return np.concatenate([found, rows * self.n_terms + terms, rest])

    def _numbered(self, hits: _Hits) -> NDArray[np.int64]:
        return hits.rows * self.n_terms + hits.terms

    def _hits(self, texts: pa.Array, automaton: _Automaton) -> _Hits:
        data, offsets = bytes_of(texts)
        terms, starts, ends = automaton.find(data)
        # The texts lie one behind the other: what begins in one and ends in the next is nothing.
        rows = np.searchsorted(offsets, starts, side="right") - 1
        good = ends <= offsets[rows + 1]
        if self._whole_words:
            good &= ~_is_word(data, starts - 1, starts > offsets[rows])
            good &= ~_is_word(data, ends, ends < offsets[rows + 1])
        rows = rows[good]
        return _Hits(rows, terms[good], starts[good] - offsets[rows], ends[good] - offsets[rows])


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers ascending, each once; NumPy's own way takes four times as long here."""
    ordered = np.sort(numbers)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]


@functools.lru_cache(maxsize=8)
def finder(terms: tuple[str, ...], whole_words: bool, case_sensitive: bool) -> TermFinder:
    """Return a :class:`TermFinder`; the last few are kept, as each shard asks for the same."""
    return TermFinder(terms, whole_words=whole_words, case_sensitive=case_sensitive)


def _is_word(
    data: NDArray[np.uint8], at: NDArray[np.int64], there: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the character that holds byte ``at`` belongs to a word; False if it is not there."""
    result = np.zeros(len(at), np.bool_)
    codes = _code_points(data, at[there])
    distinct, inverse = np.unique(codes, return_inverse=True)
    column = pa.array(list(map(chr, distinct.tolist())), pa.string())
    belongs: Any = pc.match_substring_regex(column, _WORD).to_numpy(zero_copy_only=False)
    result[there] = belongs.astype(np.bool_)[inverse]
    return result


def _code_points(data: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the characters that hold some bytes of UTF-8."""
    lead = at.copy()
    for _ in range(3):
        lead -= (data[lead] & _CONTINUED) == _CONTINUES
    first = data[lead].astype(np.int64)
    length = 1 + (first >= 0xC0).astype(np.int64) + (first >= 0xE0) + (first >= 0xF0)
    codes = np.where(length == 1, first, first & (0x7F >> length))
    for step in range(1, 4):
        inside = length > step
        following = data[np.where(inside, lead + step, lead)] & 0x3F
        codes = np.where(inside, codes << 6 | following, codes)
    return codes
