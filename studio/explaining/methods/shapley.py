"""SHAP over the words of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.classifier import Classifier
from studio.core.explanations import Explanation
from studio.core.options import Options as AnyOptions
from studio.core.options import option
from studio.explaining.base import Explainer, Limited, check_label, explainers
from studio.explaining.words import hide, merge, remembering, tree, words

_BATCH = 64
"""Hidden versions of the text that are asked for at once."""

Predict = Callable[[Sequence[str]], NDArray[np.float64]]


class ShapOptions(AnyOptions):
    """Options of SHAP."""

    max_evals: int = option(
        500,
        title="Questions",
        help="How many shortened versions of the text the model is asked about, at most. More "
        "separate neighbouring words better and take longer.",
        minimum=10,
        maximum=20_000,
    )
    max_words: int = option(
        400,
        title="Pieces",
        help="Longer texts are explained in groups of neighbouring words, at most this many.",
        minimum=2,
        maximum=2000,
        advanced=True,
    )


@explainers.register("shap")
class Shap(Explainer):
    """Owen values over a balanced tree of neighbouring words.

    Method: Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", NeurIPS 2017;
    ``shap``'s partition explainer.
    """

    title = "SHAP"
    summary = "Shares the probability out among the words by hiding them in turn."
    Options = ShapOptions

    def explain(
        self, classifier: Classifier, text: str, *, label: int | None, options: AnyOptions
    ) -> Explanation:
        """Return Owen values of the words that the classifier reads."""
        chosen = ShapOptions.model_validate(options.model_dump())
        check_label(classifier, label)
        n_tokens, n_read, end = _limit(classifier, text)
        spans = merge(words(text, end), chosen.max_words)
        predict = remembering(classifier)
        probs = predict([text])[0]
        target = int(probs.argmax()) if label is None else label
        base, values = _owen(predict, (text, spans, end), target, chosen.max_evals)
        return Explanation(
            text=text,
            spans=tuple(spans),
            values=tuple(values.tolist()),
            label=target,
            base=base,
            probs=tuple(probs.tolist()),
            method=self.name,
            n_tokens=n_tokens,
            n_read=n_read,
        )


def _limit(classifier: Classifier, text: str) -> tuple[int, int, int]:
    if isinstance(classifier, Limited):
        return classifier.limit(text)
    n = len(words(text))
    return n, n, len(text)


def _owen(
    predict: Predict, piece: tuple[str, list[tuple[int, int]], int], label: int, max_evals: int
) -> tuple[float, NDArray[np.float64]]:
    """Return the probability with nothing shown, and one value a span."""
    text, spans, end = piece
    nothing = float(predict([hide(text, spans, [False] * len(spans), end)])[0, label])
    everything = float(predict([text])[0, label])
    if len(spans) < 2:
        # A tree needs two leaves; a single word has all the credit.
        return nothing, np.full(len(spans), everything - nothing)
    import shap

    def shown_probability(shown: NDArray[np.str_]) -> NDArray[np.float64]:
        return predict([str(version) for version in shown])[:, label]

    explainer = shap.explainers.PartitionExplainer(
        shown_probability, _make_masker(text, spans, end)
    )
    found = explainer([text], max_evals=max_evals, batch_size=_BATCH, silent=True)
    return nothing, np.asarray(found.values[0], np.float64)


def _make_masker(text: str, spans: Sequence[tuple[int, int]], end: int) -> Any:
    """Return a masker of this text alone: one that is shared mixes up two users' texts."""
    from shap.maskers import Masker

    class Words(Masker):
        def __init__(self) -> None:
            self.shape = (1, len(spans))
            self.clustering = tree(len(spans))

        def __call__(self, mask: NDArray[np.bool_], *given: Any) -> tuple[NDArray[np.str_]]:
            shown = self._standardize_mask(mask, *given)
            return (np.array([hide(text, spans, shown.tolist(), end)], dtype=object),)

        def feature_names(self, *given: Any) -> list[list[str]]:
            return [[text[start:stop] for start, stop in spans]]

        def mask_shapes(self, *given: Any) -> list[tuple[int, ...]]:
            return [(len(spans),)]

    return Words()
