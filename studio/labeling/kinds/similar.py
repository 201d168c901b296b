"""Documents that mean what some examples mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN
from studio.labeling.base import Asking, LFKind, ShardSource, kinds
from studio.labeling.nearness import vote_by_nearness

_MAX_EXEMPLARS = 1000


class SimilarOptions(Options):
    """Options of :class:`Similar`."""

    label: str | int = option(
        title="Label", help="The label to vote for where a document is near.", widget="label"
    )
    exemplars: list[str] = option(
        title="Exemplars",
        help="Texts that are typical of the label, one a line; made up, or taken from documents.",
        min_length=1,
        widget="lines",
    )
    threshold: float = option(
        0.6,
        title="Similarity",
        help="How near a document must be to its nearest exemplar, as cosine similarity: 1 is "
        "the same text, 0 has nothing to do with it. The model that compares knows English; for "
        "Chinese and other languages it sees little more than shared characters.",
        minimum=0.0,
        maximum=1.0,
        widget="share",
    )

    @field_validator("exemplars")
    @classmethod
    def _check_exemplars(cls, texts: list[str]) -> list[str]:
        kept = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
        if not kept:
            raise ValueError("write at least one exemplar")
        if len(kept) > _MAX_EXEMPLARS:
            raise ValueError(f"at most {_MAX_EXEMPLARS:,} exemplars are allowed")
        return kept


@kinds.register("similar")
class Similar(LFKind):
    """Votes for a label on documents whose embedding is near to that of an exemplar."""

    title = "Similar texts"
    summary = "Votes for a label where a document means nearly what one of some examples means."
    serial = True
    Options = SimilarOptions

    def vote(self, source: ShardSource, options: SimilarOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        label = asking.schema.parse(options.label)

        def decide(similarities: NDArray[np.float32]) -> NDArray[np.int16]:
            near = similarities.max(axis=1) >= options.threshold
            return np.where(near, label, ABSTAIN).astype(np.int16)

        return vote_by_nearness(source, options.exemplars, decide, asking)

    def unmarked(self, options: SimilarOptions) -> str:
        """See :meth:`LFKind.unmarked`."""
        return "It goes by the meaning of the whole text, so no words can be marked."

    def describe(self, options: SimilarOptions) -> str:
        """See :meth:`LFKind.describe`."""
        return f"at least {options.threshold:g} similar to {options.exemplars[0][:60]}"
