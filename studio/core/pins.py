"""Pins: what a labeling function must say of one document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from studio.core.schema import ABSTAIN


@dataclass(frozen=True)
class Pin:
    """A promise that a labeling function has to keep whenever it is edited.

    ``label`` is the label index that it must vote for on the document; None: it must not vote.
    """

    pin_id: int
    lf_id: int
    doc_id: int
    label: int | None
    created_by: str
    created_at: datetime

    @property
    def wanted(self) -> int:
        """The vote that keeps the promise, ``ABSTAIN`` where it must not vote."""
        return ABSTAIN if self.label is None else self.label


@dataclass(frozen=True)
class PinCheck:
    """A pin held against a vote; ``vote`` is None where the function has not seen the document."""

    pin: Pin
    vote: int | None

    @property
    def holds(self) -> bool | None:
        """Whether the vote keeps the promise: green, red, or None where nobody knows yet."""
        return None if self.vote is None else self.vote == self.pin.wanted
