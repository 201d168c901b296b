"""Training sets, training runs, and figures of merit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import FailureCategory, Invalid
from studio.core.fingerprints import fingerprint, fingerprint_texts
from studio.core.jobs import JobState


class Targets(StrEnum):
    """Which labels a run learns from."""

    GOLD = "gold"
    WEAK = "weak"
    GOLD_AND_WEAK = "gold+weak"


class TargetOrigin(StrEnum):
    """Where the target of one document came from."""

    GOLD = "gold"
    WEAK = "weak"

    @property
    def code(self) -> int:
        """The int8 that stands for it in arrays."""
        return 0 if self is TargetOrigin.GOLD else 1


@dataclass(frozen=True)
class TrainingSet:
    """Frozen texts with targets: all that a run may learn from and be watched on.

    Attributes
    ----------
    texts
        ``n`` texts.
    targets
        float32 ``[n, k]``; rows sum to 1. Gold is one-hot, weak labels are soft.
    weights
        float32 ``[n]``, each above 0.
    origins
        int8 ``[n]``: 0 gold, 1 weak (:class:`TargetOrigin`).
    doc_ids
        int64 ``[n]``.
    labels
        Label names, in the order of the columns of ``targets``.
    dev_texts, dev_labels
        The gold documents to watch on, int16 ``[n_dev]``; may be empty.
    """

    texts: tuple[str, ...]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    origins: NDArray[np.int8]
    doc_ids: NDArray[np.int64]
    labels: tuple[str, ...]
    dev_texts: tuple[str, ...] = ()
    dev_labels: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))

    def __post_init__(self) -> None:
        n, k = len(self.texts), len(self.labels)
        if self.targets.shape != (n, k):
            raise Invalid(f"Targets must be [{n}, {k}], got shape {self.targets.shape}.")
        if not (len(self.weights) == len(self.origins) == len(self.doc_ids) == n):
            raise Invalid(f"Weights, origins and document ids must have {n} entries each.")
        if len(self.dev_texts) != len(self.dev_labels):
            raise Invalid("Each dev text needs exactly one label.")

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def fingerprint(self) -> str:
        """Of everything a run can see."""
        return fingerprint(
            fingerprint_texts(self.texts),
            self.targets,
            self.weights,
            list(self.labels),
            fingerprint_texts(self.dev_texts),
            self.dev_labels,
        )

    def counts(self) -> dict[str, float]:
        """Return the sum of target probability of each label, by name."""
        return dict(zip(self.labels, self.targets.sum(axis=0).tolist(), strict=True))


@dataclass(frozen=True)
class TrainingRun:
    """One attempt to train: what was asked, how far it is, what came out.

    ``metrics`` holds final figures by ``"split.metric"`` (``"test.accuracy"``). ``artifact`` is
    the folder of the model, relative to the studio's home; None until there is one.
    """

    run_id: int
    project_id: int
    name: str
    method: str
    targets: Targets
    options: Mapping[str, Any]
    seed: int
    training_set: str
    state: JobState
    job_id: int | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifact: str | None = None
    category: FailureCategory | None = None
    error: str | None = None
    created_by: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class MetricPoint:
    """One value of a curve: ``name`` at ``step``; ``at`` is seconds since the run began."""

    step: int
    name: str
    value: float
    at: float


@dataclass(frozen=True)
class Scores:
    """Figures of merit on documents with gold.

    ``accuracy`` and ``macro_f1`` in ``[0, 1]``; ``coverage`` is the share of documents on which
    the source has an opinion (1.0 for classifiers); ``n`` is the number of documents.
    """

    accuracy: float
    macro_f1: float
    coverage: float
    n: int
