"""Texts as sequences of words that can be hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.classifier import Classifier

_UNSPACED = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # Han
    "\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
)
_PIECE = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)*|[^\w\s]+")


def words(text: str, end: int | None = None) -> list[tuple[int, int]]:
    """Return where the pieces of a text lie, up to the character ``end``.

    Words are pieces, runs of punctuation are, and so is each character of a script that writes no
    spaces between words.
    """
    return [match.span() for match in _PIECE.finditer(text, 0, len(text) if end is None else end)]


def merge(spans: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Return at most ``most`` spans by joining neighbours evenly."""
    if len(spans) <= most:
        return list(spans)
    groups = np.array_split(np.asarray(spans), most)
    return [(int(group[0, 0]), int(group[-1, 1])) for group in groups]


def hide(text: str, spans: Sequence[tuple[int, int]], shown: Sequence[bool], end: int) -> str:
    """Return the text up to ``end`` without the spans that are not shown.

    White space is tidied, so that what remains reads like a text from which words were struck.
    With all spans shown it is the whole text: what lies beyond ``end`` is not read anyway, and
    the contributions then add up to the probability of the text as it is.
    """
    if all(shown):
        return text
    parts: list[str] = []
    at = 0
    for (start, stop), keep in zip(spans, shown, strict=True):
        parts.append(text[at : stop if keep else start])
        at = stop
    parts.append(text[at:end])
    return " ".join("".join(parts).split())


def tree(n: int) -> NDArray[np.float64]:
    """Return a balanced binary tree over ``n`` neighbouring pieces, as SciPy writes clusterings.

    Returns
    -------
    NDArray[np.float64]
        ``[n - 1, 4]``: left, right, distance, size; a row's own number is ``n`` plus its place.
        Distances grow with size, so that the last row is the root.
    """
    rows: list[list[float]] = []

    def join(first: int, last: int) -> int:
        if last - first == 1:
            return first
        middle = (first + last + 1) // 2
        left, right = join(first, middle), join(middle, last)
        rows.append([left, right, float(last - first), float(last - first)])
        return n + len(rows) - 1

    if n > 1:
        join(0, n)
    return np.asarray(rows, np.float64).reshape(-1, 4)


def remembering(classifier: Classifier) -> Callable[[Sequence[str]], NDArray[np.float64]]:
    """Return ``predict_proba`` in float64 that asks for each text only once."""
    known: dict[str, NDArray[np.float64]] = {}

    def predict(texts: Sequence[str]) -> NDArray[np.float64]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            # Like lengths go together, whatever the classifier makes of its batches.
            new.sort(key=len)
            known.update(zip(new, classifier.predict_proba(new).astype(np.float64), strict=True))
        return np.stack([known[text] for text in texts])

    return predict
