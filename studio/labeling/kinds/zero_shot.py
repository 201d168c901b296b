"""Labels described in words, compared with the documents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from studio.core.errors import Invalid
from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.base import Asking, LFKind, ShardSource, kinds
from studio.labeling.nearness import vote_by_nearness


class ZeroShotOptions(Options):
    """Options of :class:`ZeroShot`."""

    descriptions: dict[str, str] = option(
        title="Descriptions",
        help="What a document of each label says, in a phrase or two. Labels without a "
        "description get no vote.",
        min_length=1,
        widget="label_texts",
    )
    threshold: float = option(
        0.25,
        title="Similarity",
        help="How near a document must be to the nearest description, as cosine similarity from "
        "0 to 1. The model that compares knows English; for Chinese and other languages it sees "
        "little more than shared characters.",
        minimum=0.0,
        maximum=1.0,
        widget="share",
    )
    margin: float = option(
        0.05,
        title="Lead",
        help="How much nearer the best description must be than the second best. More of it "
        "gives fewer and surer votes.",
        minimum=0.0,
        maximum=1.0,
        widget="share",
    )

    @field_validator("descriptions")
    @classmethod
    def _check_descriptions(cls, texts: dict[str, str]) -> dict[str, str]:
        kept = {name.strip(): text.strip() for name, text in texts.items() if text.strip()}
        if not kept:
            raise ValueError("describe at least one label")
        return kept


@kinds.register("zero-shot")
class ZeroShot(LFKind):
    """Votes for the label whose description is nearest by embedding, if it is near and leads."""

    title = "Zero-shot"
    summary = "Votes for the label whose description in words is nearest to the document."
    serial = True
    Options = ZeroShotOptions

    def vote(self, source: ShardSource, options: ZeroShotOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        described = _by_index(options, asking.schema)
        labels = np.array(list(described), np.int16)

        def decide(similarities: NDArray[np.float32]) -> NDArray[np.int16]:
            ordered = np.sort(similarities, axis=1)
            sure = ordered[:, -1] >= options.threshold
            if len(labels) > 1:
                sure &= ordered[:, -1] - ordered[:, -2] >= options.margin
            best = labels[similarities.argmax(axis=1)]
            return np.where(sure, best, ABSTAIN).astype(np.int16)

        return vote_by_nearness(source, list(described.values()), decide, asking)

    def canonical(self, options: ZeroShotOptions, schema: LabelSchema) -> dict[str, Any]:
        """See :meth:`LFKind.canonical`."""
        described = _by_index(options, schema)
        values: dict[str, Any] = options.model_dump(mode="json")
        values["descriptions"] = {schema.name_of(i): text for i, text in described.items()}
        return values

    def unmarked(self, options: ZeroShotOptions) -> str:
        """See :meth:`LFKind.unmarked`."""
        return "It goes by the meaning of the whole text, so no words can be marked."

    def describe(self, options: ZeroShotOptions) -> str:
        """See :meth:`LFKind.describe`."""
        return f"nearest of {len(options.descriptions)} descriptions"


def _by_index(options: ZeroShotOptions, schema: LabelSchema) -> dict[int, str]:
    """Return the descriptions by label index, ascending."""
    found: dict[int, str] = {}
    for name, text in options.descriptions.items():
        index = schema.parse(name)
        if index in found:
            raise Invalid(f"The label {schema.name_of(index)!r} is described twice; keep one.")
        found[index] = text
    return dict(sorted(found.items()))
