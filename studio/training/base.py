"""What every training method can do, and the register of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.classifier import Classifier
from studio.core.errors import Invalid
from studio.core.options import Options
from studio.core.registry import Member, Registry
from studio.core.runs import TrainingSet

Report = Callable[[Mapping[str, Any]], None]
"""Takes one event of a run; the kinds of events are listed in :mod:`studio.training.child`."""


def _never() -> bool:
    return False


def _nobody(event: Mapping[str, Any]) -> None:
    """Take an event and do nothing with it."""


@dataclass(frozen=True)
class TrainContext:
    """Where a method works, and how it speaks and listens meanwhile.

    Attributes
    ----------
    seed
        Of everything random; the same seed and data give the same model on the same machine.
    work
        Folder for checkpoints; what lies there from an earlier attempt may be continued.
    out
        The model folder to write; it exists and is empty.
    report
        Takes events.
    should_stop
        Whether somebody asked for a stop: finish the step, keep the best, return.
    resume
        Whether to continue from the last checkpoint in ``work`` if there is one.
    """

    seed: int
    work: Path
    out: Path
    report: Report = _nobody
    should_stop: Callable[[], bool] = _never
    resume: bool = False


class TrainingMethod(Member, ABC):
    """Turns a training set into a model folder, and a model folder into a classifier."""

    def check(self, options: Options) -> None:
        """Refuse options that cannot work here, before a run is queued. Must be quick.

        Raises
        ------
        Unavailable
            If something that the options name is missing.
        Invalid
            If the options contradict one another.
        """

    @abstractmethod
    def train(
        self, training_set: TrainingSet, options: Options, context: TrainContext
    ) -> Classifier:
        """Learn, write the model into ``context.out``, and return it as it is in memory.

        The returned classifier is compared with the one that a fresh process loads.

        Raises
        ------
        Canceled
            If it was asked to stop before there was anything to keep.
        RunFailed
            If learning broke down.
        """

    @abstractmethod
    def load(self, folder: Path) -> Classifier:
        """Return the classifier of a folder that :meth:`train` wrote.

        Raises
        ------
        Invalid
            If the folder does not hold such a model.
        """


training_methods: Registry[TrainingMethod] = Registry(
    "training method", "studio.training.methods", "fine-tune"
)


def check_learnable(training_set: TrainingSet) -> None:
    """Refuse a training set from which no method can learn.

    Raises
    ------
    Invalid
        If it is empty, has fewer than two labels with any probability, or broken numbers.
    """
    if len(training_set) == 0:
        raise Invalid("There is no document to learn from. Label some, or fit a label model.")
    if not np.isfinite(training_set.targets).all() or not np.isfinite(training_set.weights).all():
        raise Invalid("The targets or weights hold values that are not numbers. Fit them again.")
    if (training_set.weights <= 0).any():
        raise Invalid("A weight is zero or negative. Leave such documents out instead.")
    present = training_set.targets.sum(axis=0) > 0  # [k]
    if present.sum() < 2:
        only = ", ".join(np.asarray(training_set.labels)[present].tolist()) or "none"
        raise Invalid(
            f"All documents have the same label ({only}), so there is nothing to tell apart. "
            "Add documents of at least one other label."
        )
