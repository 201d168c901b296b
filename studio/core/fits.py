"""Label models as they were fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class LabelModelFit:
    """One label model fitted on the votes of a project.

    Attributes
    ----------
    name
        Registered name of the label model.
    votes_fingerprint
        Of the votes it was fitted on; when it is not that of today's votes, the fit is stale.
    lf_names
        The labeling functions whose votes it saw, in the order of the columns.
    weak_labels
        Fingerprint of the stored probabilities, float32 ``[n_docs, k]``.
    metrics
        Figures by ``"split.metric"`` (``"dev.accuracy"``); only finite ones.
    lf_weights
        What the model thinks of each labeling function; None where it does not say.
    """

    fit_id: int
    project_id: int
    name: str
    options: Mapping[str, Any]
    seed: int
    votes_fingerprint: str
    lf_names: tuple[str, ...]
    weak_labels: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    lf_weights: Mapping[str, float | None] = field(default_factory=dict)
    created_by: str = ""
    created_at: datetime | None = None
