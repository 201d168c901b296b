"""A trained classifier that votes."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.base import Asking, LFKind, ShardSource, kinds


class ClassifierOptions(Options):
    """Options of :class:`Classifier`."""

    run: int = option(
        title="Training run",
        help="A finished run of this project. A model that is trained on these votes afterwards "
        "learns from this run, too: it is no independent check of it, and its agreement with it "
        "proves nothing.",
        minimum=1,
        widget="run",
    )
    min_confidence: float = option(
        0.8,
        title="Confidence",
        help="The probability that its first label must have, from 0 to 1. More of it gives "
        "fewer and surer votes.",
        minimum=0.0,
        maximum=1.0,
        widget="share",
    )
    only: list[str] = option(
        [],
        title="Only these labels",
        help="Labels it may vote for, one a line; all of them if none is named.",
        widget="labels",
        advanced=True,
    )


@kinds.register("classifier")
class Classifier(LFKind):
    """Votes for what a training run predicts where it is sure enough."""

    title = "Classifier"
    summary = "Votes as an earlier training run predicts, where it is sure enough."
    serial = True
    Options = ClassifierOptions

    def vote(self, source: ShardSource, options: ClassifierOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        allowed = np.array(_allowed(options, asking.schema), np.int64)
        if not source.n_docs:
            return Votes(np.full(0, ABSTAIN, np.int16))
        probs = asking.resources.predictions(options.run, source, progress=asking.progress)
        first = np.asarray(probs.argmax(axis=1))
        sure = np.asarray(probs.max(axis=1)) >= options.min_confidence
        sure &= np.isin(first, allowed)
        return Votes(np.where(sure, first, ABSTAIN).astype(np.int16))

    def inputs(self, options: ClassifierOptions) -> tuple[str, ...]:
        """See :meth:`LFKind.inputs`."""
        return (f"run:{options.run}",)

    def canonical(self, options: ClassifierOptions, schema: LabelSchema) -> dict[str, Any]:
        """See :meth:`LFKind.canonical`."""
        values: dict[str, Any] = options.model_dump(mode="json")
        values["only"] = [schema.name_of(i) for i in _allowed(options, schema) if options.only]
        return values

    def unmarked(self, options: ClassifierOptions) -> str:
        """See :meth:`LFKind.unmarked`."""
        return "The model looks at the whole text; the page Inspect shows why it decides so."

    def describe(self, options: ClassifierOptions) -> str:
        """See :meth:`LFKind.describe`."""
        return f"run {options.run}, at least {options.min_confidence:g} sure"


def _allowed(options: ClassifierOptions, schema: LabelSchema) -> list[int]:
    if not options.only:
        return list(range(schema.cardinality))
    return sorted({schema.parse(name) for name in options.only})
