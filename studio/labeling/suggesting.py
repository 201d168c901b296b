"""Phrases that speak for a label: what a labeling function could be made of."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.intervals import wilson
from studio.labeling.patterns import spans_of

MAX_WORDS = 3
MIN_PRECISION = 0.75
MAX_ALIKE = 0.8
"""Share of documents in common from which on two phrases, or a phrase and a function, are one."""

_MOST_TOKENS = 1_000_000
"""Words that are read at most: some seconds."""

_MOST_PER_TEXT = 400

# Marks belong to words, and so does an apostrophe or a dash inside of one.
_WORD = r"[\p{L}\p{N}\p{M}_]+(?:['’-][\p{L}\p{N}\p{M}_]+)*"

# Scripts that put no space between words: Thai to Burmese, Khmer, Kana, Han.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)


@dataclass(frozen=True)
class Phrase:
    """Words that some gold documents hold, most of them of one label.

    ``right`` of the ``n`` gold documents with the phrase have the label. ``whole_words`` is
    whether it stands between word boundaries; not so in scripts without spaces.
    """

    text: str
    whole_words: bool
    label: int
    right: int
    n: int

    @property
    def low(self) -> float:
        """Lower bound of Wilson's 95 % interval of the share that is right."""
        return wilson(self.right, self.n)[0]


def grams_of(text: str) -> set[tuple[str, bool]]:
    """Return the phrases of a text, in lower case, each with whether it is of whole words.

    One to three words that follow each other with one space in between; in scripts without
    spaces two to four characters.
    """
    found: set[tuple[str, bool]] = set()
    for words in _runs(text):
        if len(words) == 1 and _UNSPACED.fullmatch(words[0]):
            found.update((gram, False) for gram in _pieces(words[0]))
            continue
        for size in range(1, MAX_WORDS + 1):
            for start in range(len(words) - size + 1):
                gram = " ".join(words[start : start + size])
                if any(c.isalpha() for c in gram) and len(gram) > 1:
                    found.add((gram, True))
    return found


def needs_whole_words(phrase: str) -> bool:
    """Whether a phrase should be searched between word boundaries: it begins and ends in words."""
    if not phrase or _UNSPACED.search(phrase):
        return False
    return all(c == "_" or c.isalnum() for c in (phrase[0], phrase[-1]))


def telling_phrases(
    texts: Sequence[str], gold: NDArray[np.int16], cardinality: int, *, most: int
) -> list[Phrase]:
    """Return phrases that speak for a label: the surest of each label, then the next of each.

    Parameters
    ----------
    texts
        Gold documents, in an order that does not matter: where there are very many words, the
        last texts are not read.
    gold
        int16 ``[n_texts]``, the label of each.
    most
        Phrases to return.

    Returns
    -------
    list[Phrase]
        At least ``MIN_PRECISION`` of whose documents have the label, and more than of all gold
        documents.
    """
    labels: dict[tuple[str, bool], Counter[int]] = {}
    n_read, n_tokens = 0, 0
    for text, label in zip(texts, gold.tolist(), strict=True):
        grams = grams_of(text)
        n_tokens += len(grams) // MAX_WORDS + 1
        n_read += 1
        for gram in grams:
            labels.setdefault(gram, Counter())[label] += 1
        if n_tokens > _MOST_TOKENS:
            break
    counts = np.bincount(gold[:n_read], minlength=cardinality)
    shares = counts / max(1, n_read)
    fewest = max(2, round(math.sqrt(n_read) / 10))
    found = [
        phrase
        for gram, by_label in labels.items()
        if (phrase := _phrase(gram, by_label)).n >= fewest and _tells(phrase, shares)
    ]
    return _in_turn(sorted(found, key=lambda p: (-p.low, -p.n, -len(p.text), p.text)))[:most]


def _in_turn(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return phrases so that each label has its best first: a frequent one has many good ones."""
    ranks: Counter[int] = Counter()
    placed = []
    for phrase in phrases:
        placed.append((ranks[phrase.label], phrase))
        ranks[phrase.label] += 1
    return [phrase for _, phrase in sorted(placed, key=lambda pair: pair[0])]


def _tells(phrase: Phrase, shares: NDArray[np.float64]) -> bool:
    precision = phrase.right / phrase.n
    return precision >= MIN_PRECISION and precision > shares[phrase.label]


def _phrase(gram: tuple[str, bool], by_label: Counter[int]) -> Phrase:
    label, right = min(by_label.items(), key=lambda item: (-item[1], item[0]))
    return Phrase(gram[0], gram[1], label, right, by_label.total())


def choose(
    masks: Sequence[NDArray[np.bool_]],
    sureness: Sequence[float],
    uncovered: NDArray[np.bool_],
    *,
    most: int,
) -> list[int]:
    """Return which candidates to suggest, the most useful first.

    Each next one brings the most in documents that neither a function nor an earlier choice
    covers, weighed with how sure it is; one that is nearly an earlier choice is left out.

    Parameters
    ----------
    masks
        For each candidate the documents it votes on, bool ``[n_docs]``.
    sureness
        For each candidate the lower bound of its precision.
    uncovered
        bool ``[n_docs]``: documents without a vote.
    """
    left = uncovered.copy()
    open_ = list(range(len(masks)))
    chosen: list[int] = []
    while open_ and len(chosen) < most:
        gains = [sureness[i] * math.log1p(int((masks[i] & left).sum())) for i in open_]
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        number = open_.pop(best)
        if all(alike(masks[number], masks[i]) < MAX_ALIKE for i in chosen):
            chosen.append(number)
            left &= ~masks[number]
    return chosen


def alike(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return how much of what two masks cover they have in common, in ``[0, 1]`` (Jaccard)."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0


def name_for(phrase: str, taken: Iterable[str]) -> str:
    """Return a name for a function that looks for a phrase: ``says_money_back``."""
    words = re.sub(r"\W+", "_", phrase.casefold()).strip("_")[:60] or "phrase"
    known = set(taken)
    name, number = f"says_{words}", 2
    while name in known:
        name, number = f"says_{words}_{number}", number + 1
    return name


def _runs(text: str) -> Iterator[list[str]]:
    """Return words in lower case that one space parts, together; unspaced runs alone."""
    run: list[str] = []
    last_end = -2
    for start, end in spans_of(text, _WORD, case_sensitive=True)[:_MOST_PER_TEXT]:
        word = text[start:end]
        joined = start == last_end + 1 and text[last_end] == " "
        last_end = end
        if _UNSPACED.search(word):
            yield run
            run = []
            yield from ([part] for part in _UNSPACED.findall(word))
        elif joined:
            run.append(word.lower())
        else:
            yield run
            run = [word.lower()]
    yield run


def _pieces(word: str) -> Iterator[str]:
    for size in (2, 3, 4):
        for start in range(len(word) - size + 1):
            yield word[start : start + size]
