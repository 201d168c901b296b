"""Votes of one kind on texts made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.core.functions import LabelingFunction, Votes
from studio.core.schema import LabelSchema
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking
from studio.labeling.resources import Resources
from tests.labeling.offering import Offer
from tests.labeling.shards import write_shard

SCHEMA = LabelSchema(("ham", "spam"))


def vote(
    folder: Path,
    kind: str,
    texts: Sequence[str | None],
    options: dict[str, Any],
    resources: Resources | None = None,
    **columns: Sequence[Any],
) -> Votes:
    """Return what a function of a kind says of some texts; three rows lie in a batch."""
    shard = write_shard(folder / "texts.arrow", texts, rows_a_batch=3, **columns)
    asking = Asking(SCHEMA, resources=resources or Offer())
    return apply_function(LabelingFunction("mine", kind, options), shard, asking)
