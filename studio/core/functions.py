"""Labeling functions, their faults, and what their votes say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.intervals import wilson

MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class LabelingFunction:
    """One rule that votes for a label or abstains: a name, a kind, the kind's options.

    ``options`` are JSON values that the kind's ``Options`` accept. ``version`` counts from 1.
    ``inputs`` are fingerprints of what else the votes rest on, by name (``"lexicon:NAME"``).
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    version: int = 1
    enabled: bool = True
    lf_id: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (
            not self.name.strip()
            or len(self.name) > MAX_NAME_LENGTH
            or not self.name.isprintable()
        ):
            raise Invalid(
                f"A labeling function needs a name of 1 to {MAX_NAME_LENGTH} printable "
                f"characters, got {self.name[:40]!r}."
            )

    @property
    def fingerprint(self) -> str:
        """Changes exactly when the votes may change: kind, options and inputs, not the name."""
        parts = [self.kind, dict(self.options), *([dict(self.inputs)] if self.inputs else [])]
        return fingerprint(*parts)


@dataclass(frozen=True)
class Fault:
    """One labeling function that failed on one document, or as a whole.

    ``doc_id`` is None when it failed before the first document (a syntax error, say), ``line``
    where no line of the user's code is to blame. ``count`` is how many documents failed alike;
    ``doc_id`` is the first of them, ``doc_ids`` the first three.
    """

    lf_name: str
    exception: str
    message: str
    line: int | None = None
    doc_id: int | None = None
    count: int = 1
    doc_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Votes:
    """What one labeling function said of some documents, in their order.

    ``votes`` is int16 ``[n_docs]``; a failed document abstains and is counted in ``faults``.
    ``tier`` names the sandbox that ran it, "declarative" where no user code ran.
    ``slowest`` are the documents that took longest, with their seconds, the slowest first.
    """

    votes: Any  # NDArray[np.int16]; Any keeps this frozen dataclass hashable by identity only
    faults: tuple[Fault, ...] = ()
    tier: str = "declarative"
    slowest: tuple[tuple[int, float], ...] = ()

    @property
    def n_faults(self) -> int:
        """Documents that failed."""
        return sum(fault.count for fault in self.faults)


@dataclass(frozen=True)
class LFSummary:
    """What the votes of one labeling function say of it (Snorkel's ``LFAnalysis``).

    ``coverage``, ``overlaps`` and ``conflicts`` are shares of all documents, in ``[0, 1]``.
    ``accuracy`` is the share of its votes on gold documents that are right, None without any;
    ``n_gold`` is how many votes that rests on, ``right`` how many of them agree with gold.
    ``polarity`` lists the labels it voted for.
    """

    name: str
    kind: str
    polarity: tuple[int, ...] = field(default=())
    coverage: float = 0.0
    overlaps: float = 0.0
    conflicts: float = 0.0
    accuracy: float | None = None
    n_gold: int = 0
    faults: int = 0
    right: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of ``accuracy``; None without a vote on gold."""
        return wilson(self.right, self.n_gold) if self.n_gold else None
