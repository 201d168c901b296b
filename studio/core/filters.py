"""What a filter of documents can ask of one thing: of a function's vote, a run, a column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import ConfigDict

from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN

NO_LABEL: Final = ABSTAIN
"""In a list of labels: documents without one pass."""

ANY_LABEL: Final = -2
"""In a list of labels: documents with any label pass."""

FORBID_UNKNOWN: Final = ConfigDict(extra="forbid")
"""An address or a file may hold anything; a part that nobody knows must not be passed over."""

MAX_TEXT: Final = 1_000
"""Characters that a search may have."""


class TextMode(StrEnum):
    """How the words of a search are understood."""

    CONTAINS = "contains"
    WORDS = "words"
    REGEX = "regex"


class VoteState(StrEnum):
    """What a labeling function did on a document.

    ``WRONG`` and ``RIGHT`` are votes against or with a gold label. Of faults, the first documents
    of each reason are known (see ``Fault.doc_ids``).
    """

    VOTED = "voted"
    ABSTAINED = "abstained"
    WRONG = "wrong"
    RIGHT = "right"
    FAULTED = "faulted"


class Agreement(StrEnum):
    """What all labeling functions that are switched on say together."""

    DISAGREE = "disagree"
    COVERED = "covered"
    UNCOVERED = "uncovered"


class RunState(StrEnum):
    """What a training run decided; ``WRONG`` and ``RIGHT`` are against or with a gold label."""

    DECIDED = "decided"
    WRONG = "wrong"
    RIGHT = "right"


class CellTest(StrEnum):
    """What is asked of a metadata column."""

    EQUALS = "equals"
    CONTAINS = "contains"
    BETWEEN = "between"
    EMPTY = "empty"
    FILLED = "filled"


@dataclass(frozen=True)
class VoteCondition:
    """What one labeling function must have done. ``label`` narrows votes to one label."""

    __pydantic_config__ = FORBID_UNKNOWN

    lf_id: int
    state: VoteState = VoteState.VOTED
    label: int | None = None

    def __post_init__(self) -> None:
        if self.label is not None and self.state in (VoteState.ABSTAINED, VoteState.FAULTED):
            raise Invalid(
                f"A function that {self.state.value} has no label; leave the label out, or ask "
                "for documents on which it voted."
            )


@dataclass(frozen=True)
class RunCondition:
    """What one training run must have decided. ``label`` narrows to one decided label."""

    __pydantic_config__ = FORBID_UNKNOWN

    run_id: int
    state: RunState = RunState.DECIDED
    label: int | None = None


@dataclass(frozen=True)
class CellCondition:
    """What the cells of one metadata column must hold.

    ``values`` serve EQUALS (any of them) and CONTAINS (any of them, compared without case);
    ``low`` and ``high`` serve BETWEEN, both included, None for open.
    """

    __pydantic_config__ = FORBID_UNKNOWN

    column: str
    test: CellTest = CellTest.EQUALS
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.test in (CellTest.EQUALS, CellTest.CONTAINS) and not any(self.values):
            raise Invalid(f"Nothing is asked of the column {self.column!r}; give a value.")
        if self.test is CellTest.BETWEEN:
            check_range(f"the column {self.column!r}", self.low, self.high)


def check_range(what: str, low: float | None, high: float | None) -> None:
    """Refuse a range that is open on both sides, upside down, or not of numbers.

    Raises
    ------
    Invalid
        Says which.
    """
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        raise Invalid(f"The range for {what} has no end; give a lowest or a highest value.")
    if not all(math.isfinite(end) for end in ends):
        raise Invalid(f"The range for {what} must end in numbers, got {ends[0]} and {ends[-1]}.")
    if low is not None and high is not None and low > high:
        raise Invalid(
            f"The range for {what} starts at {low:g}, above its end {high:g}; swap them."
        )


def check_labels(what: str, labels: Sequence[int]) -> None:
    """Refuse numbers that stand for no label.

    Raises
    ------
    Invalid
        If one is below :data:`ANY_LABEL`.
    """
    for label in labels:
        if label < ANY_LABEL:
            raise Invalid(f"{label} is no {what} label; use indices from 0, or -1 for none.")
