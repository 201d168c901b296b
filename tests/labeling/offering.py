"""A project's resources made by hand: what kinds ask for, without a studio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import NotFound
from studio.core.jobs import Progress, no_progress
from studio.core.lexicons import Lexicon
from studio.labeling.base import ShardSource
from studio.labeling.resources import PLAIN, Completion, NoResources, Sampling

MOODS = Lexicon("moods", ("love", "check", "好吃", "难吃"), ("ham", "spam", "ham", "spam"))
TOPICS = ("refund", "parcel", "外卖")
"""Each is a direction of the made-up embeddings; a text points where it holds the word."""


class Offer(NoResources):
    """Embeddings by words, predictions by length, languages by one character."""

    def __init__(self, *lexicons: Lexicon) -> None:
        self.lexicons = {lexicon.name: lexicon for lexicon in (MOODS, *lexicons)}

    def lexicon(self, name: str) -> Lexicon:
        if name not in self.lexicons:
            raise NotFound(f"There is no lexicon {name!r}; there are {', '.join(self.lexicons)}.")
        return self.lexicons[name]

    def embeddings(
        self, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        return self.embed(texts_of(source), progress=progress)

    def embed(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        progress(1.0)
        counts = np.array([[*(t.count(w) for w in TOPICS), 0.5] for t in texts], np.float32)
        counts = counts.reshape(-1, len(TOPICS) + 1)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def predictions(
        self, run: int, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        progress(1.0)
        spam = np.array([min(1.0, len(text) / 10) for text in texts_of(source)], np.float32)
        return np.column_stack([1 - spam, spam])

    def languages(self, source: ShardSource, *, progress: Progress = no_progress) -> Sequence[str]:
        progress(1.0)
        return [_language(text) for text in texts_of(source)]

    def complete(
        self,
        endpoint: str,
        prompts: Sequence[str],
        *,
        sampling: Sampling = PLAIN,
        progress: Progress = no_progress,
    ) -> Sequence[Completion]:
        progress(1.0)
        return [Completion("spam")] * len(prompts)


def texts_of(source: ShardSource) -> list[str]:
    """Return the texts of a file, "" for those that are missing."""
    return [text or "" for part in source.texts() for text in part.to_pylist()]


def _language(text: str) -> str:
    if not text:
        return ""
    return "zh" if "\u4e00" <= text[0] <= "\u9fff" else "en"
