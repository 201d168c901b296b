"""Finding words in all their forms: "refund" in "refunded", by Snowball's stemmers."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.labeling.base import Spans
from studio.labeling.folding import fold
from studio.labeling.patterns import merge
from studio.labeling.terms import Pairs, TermFinder

AS_WRITTEN = "as written"
Language = Literal[
    "arabic", "armenian", "basque", "catalan", "czech", "danish", "dutch", "english",
    "esperanto", "estonian", "finnish", "french", "german", "greek", "hindi", "hungarian",
    "indonesian", "irish", "italian", "lithuanian", "nepali", "norwegian", "persian", "polish",
    "portuguese", "romanian", "russian", "serbian", "spanish", "swedish", "tamil", "turkish",
    "yiddish",
]  # fmt: skip
"""Languages that have a stemmer, by Snowball's names."""

_KEEPS_FIRST_LETTER = ("english",)
"""Whose stemmer leaves the first letter, so that most words need no stemming."""

_BETWEEN_WORDS = r"[^\p{L}\p{N}\p{M}_]+"
_NO_SPACES = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_NOTHING = -1


@dataclass(frozen=True)
class _Words:
    """The words of some texts: which text each is in, and the number of its stem, or -1.

    ``known`` are the places of words whose stem has a number, ascending by that number, which is
    in ``numbers``.
    """

    words: pa.Array
    rows: NDArray[np.int64]
    stems: NDArray[np.int64]
    known: NDArray[np.int64]
    numbers: NDArray[np.int64]


class StemFinder:
    """Finds words and phrases in texts, in whatever form they are in.

    Terms of scripts that write no spaces, and such without letters, have no forms: they are
    found as they stand.

    Parameters
    ----------
    terms
        Named by their position here.
    language
        Whose forms.
    """

    def __init__(self, terms: Sequence[str], language: str) -> None:
        import snowballstemmer

        assert language in get_args(Language)
        self.n_terms = len(terms)
        self._lock = threading.Lock()
        self._stem_word = functools.lru_cache(maxsize=200_000)(
            snowballstemmer.stemmer(language).stemWord
        )
        self._numbers: dict[str, int] = {}
        self._phrases: dict[tuple[int, ...], list[int]] = {}
        literal = [number for number, term in enumerate(terms) if not self._add(number, term)]
        self._literal = np.array(literal, np.int64)
        self._finder = TermFinder([terms[n] for n in literal]) if literal else None
        self._letters: Any = None
        if language in _KEEPS_FIRST_LETTER:
            self._letters = pa.array({stem[0] for stem in self._numbers}, pa.large_string())

    def pairs(self, texts: pa.Array) -> Pairs:
        """Return which rows of a column hold which terms; see :class:`TermFinder`."""
        words = self._words(texts)
        found = [np.zeros(0, np.int64)]
        for phrase, numbers in self._phrases.items():
            rows = np.unique(words.rows[self._places(words, phrase)])
            found += [rows * self.n_terms + number for number in numbers]
        if self._finder:
            rows, terms = self._finder.pairs(texts)
            found.append(rows * self.n_terms + self._literal[terms])
        both = np.sort(np.concatenate(found))
        return both // self.n_terms, both % self.n_terms

    def spans(self, text: str) -> Spans:
        """Return where in one text terms are, overlapping ones joined."""
        words = self._words(pa.array([text], pa.large_string()))
        starts, position = [], 0
        for word in words.words.to_pylist():
            # Words come in order with other characters between, so the next one is the right one.
            position = text.index(word, position)
            starts.append(position)
            position += len(word)
        lengths = pc.utf8_length(words.words).to_pylist()
        spans = self._finder.spans(text) if self._finder else []
        for phrase in self._phrases:
            for first in self._places(words, phrase).tolist():
                last = first + len(phrase) - 1
                spans.append((starts[first], starts[last] + lengths[last]))
        return merge(spans)

    def _add(self, number: int, term: str) -> bool:
        """Take a term as a sequence of stems; return whether it is one."""
        column = pa.array([term], pa.large_string())
        words = [w for w in pc.split_pattern_regex(column, _BETWEEN_WORDS)[0].as_py() if w]
        if not words or pc.match_substring_regex(column, _NO_SPACES)[0].as_py():
            return False
        stems = map(self._stem_word, fold(pa.array(words, pa.large_string())).to_pylist())
        phrase = tuple(self._numbers.setdefault(stem, len(self._numbers)) for stem in stems)
        self._phrases.setdefault(phrase, []).append(number)
        return True

    def _words(self, texts: pa.Array) -> _Words:
        split = pc.split_pattern_regex(texts.fill_null(""), _BETWEEN_WORDS)
        rows = pc.list_parent_indices(split).to_numpy().astype(np.int64)
        words = split.flatten()
        there = pc.not_equal(words, "")
        words = words.filter(there)
        rows = rows[there.to_numpy(zero_copy_only=False)]
        stems = self._stems_of(words)
        known = np.flatnonzero(stems != _NOTHING)
        known = known[np.argsort(stems[known], kind="stable")]
        return _Words(words, rows, stems, known, stems[known])

    def _stems_of(self, words: pa.Array) -> NDArray[np.int64]:
        """Return the number of each word's stem, -1 where no term has it."""
        coded = fold(words).dictionary_encode()
        distinct = coded.dictionary
        numbers = np.full(len(distinct), _NOTHING, np.int64)
        wanted: NDArray[np.int64] = np.arange(len(distinct))
        if self._letters is not None:
            begins = pc.utf8_slice_codeunits(distinct, 0, 1)
            wanted = wanted[pc.is_in(begins, self._letters).to_numpy(zero_copy_only=False)]
        with self._lock:  # a stemmer works on its own fields
            for place, word in zip(
                wanted.tolist(), distinct.take(wanted).to_pylist(), strict=True
            ):
                numbers[place] = self._numbers.get(self._stem_word(word), _NOTHING)
        return numbers[coded.indices.to_numpy()] if len(words) else numbers

    def _places(self, words: _Words, phrase: tuple[int, ...]) -> NDArray[np.int64]:
        """Return at which words a sequence of stems begins."""
        bounds = np.searchsorted(words.numbers, [phrase[0], phrase[0] + 1])
        at = words.known[bounds[0] : bounds[1]]
        at = at[at + len(phrase) <= len(words.stems)]
        for step, stem in enumerate(phrase[1:], 1):
            at = at[(words.stems[at + step] == stem) & (words.rows[at + step] == words.rows[at])]
        return at


@functools.lru_cache(maxsize=8)
def stem_finder(terms: tuple[str, ...], language: str) -> StemFinder:
    """Return a :class:`StemFinder`; the last few are kept, as each shard asks for the same."""
    return StemFinder(terms, language)
