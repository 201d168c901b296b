"""Classifiers whose reasons are known by construction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Linear:
    """The probability of "yes" is 0.4 plus the weight of each distinct known word."""

    labels = ("no", "yes")
    weights = {"good": 0.2, "bad": -0.3, "fine": 0.1, "好": 0.25, "don't": -0.15}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        yes = [0.4 + sum(w for word, w in self.weights.items() if word in text) for text in texts]
        return np.stack([1 - np.asarray(yes), yes], axis=1).astype(np.float32)


class Curved(Linear):
    """Words work together: the probability is a logistic function of their products."""

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        score = np.asarray(
            [("good" in t) * 2.0 - ("not" in t) * ("good" in t) * 4 + len(t) / 50 for t in texts]
        )
        yes = 1 / (1 + np.exp(-score))
        return np.stack([1 - yes, yes], axis=1).astype(np.float32)


class Short(Linear):
    """Reads the first ten characters."""

    def limit(self, text: str) -> tuple[int, int, int]:
        return len(text), min(10, len(text)), min(10, len(text))

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().predict_proba([text[:10] for text in texts])
