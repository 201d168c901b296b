"""What a trial of a labeling function found, and the documents behind each of its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from studio.core.errors import Invalid
from studio.core.functions import Fault
from studio.core.intervals import wilson
from studio.core.options import Options
from studio.core.pins import Pin
from studio.core.schema import ABSTAIN
from studio.labeling.base import LFKind, kinds
from studio.services import flips as flipping
from studio.services import resources
from studio.services.flips import Flips
from studio.storage.store import Store

CHIPS = ("hits", "wrong", "misses", "flips", "faults", "pins")
"""The names of the lists of documents, in the order they are shown."""

MOST_IDS = 500
"""Documents that a trial remembers of each list."""

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TrialDoc:
    """A document of a trial.

    Attributes
    ----------
    doc_id, text
        The document.
    vote
        What the tried function says, a label index; None where it abstains or failed.
    gold
        Its gold label, None where there is none.
    spans
        ``(start, end)`` characters that made the function vote.
    before, after
        The combined label now and if the function were saved, ``ABSTAIN`` for none; None for
        documents whose combined label stays.
    fault
        Why the function failed on it.
    pin
        What the function was pinned to say of it.
    """

    doc_id: int
    text: str
    vote: int | None
    gold: int | None
    spans: Spans = ()
    before: int | None = None
    after: int | None = None
    fault: str | None = None
    pin: Pin | None = None


@dataclass(frozen=True)
class Trial:
    """What a labeling function would do.

    Attributes
    ----------
    name
        The function; ``UNNAMED`` where it has no name yet.
    kind, options
        What was tried.
    n_docs, n_votes
        Documents it was tried on, and on how many of them it voted.
    n_gold, right
        Its votes on documents with gold, and how many of them agree.
    tier, seconds
        The sandbox that ran it, and how long that took.
    chips
        How many documents each of ``CHIPS`` has: votes, votes against gold, abstentions on gold
        documents of the labels it votes for, changes of the combined label, failures, pins.
    n_pins_broken
        Pins that it would break.
    flips
        How the combined labels would change; None where no combined label can be made.
    faults
        Why it failed, first occurrence each.
    slowest
        Documents that took longest, with their seconds, the slowest first.
    listed
        For each chip, the first documents as ``(doc_id, vote, before, after)``.
    """

    project_id: int
    name: str
    kind: str
    options: Mapping[str, Any]
    n_docs: int
    n_votes: int
    n_gold: int
    right: int
    tier: str
    seconds: float
    chips: Mapping[str, int]
    n_pins_broken: int = 0
    flips: Flips | None = None
    faults: tuple[Fault, ...] = ()
    slowest: tuple[tuple[int, float], ...] = ()
    listed: Mapping[str, Sequence[tuple[int, int, int | None, int | None]]] = field(
        default_factory=dict
    )
    pins: tuple[Pin, ...] = ()

    @property
    def coverage(self) -> float:
        """Share of the documents on which it votes, in ``[0, 1]``."""
        return self.n_votes / self.n_docs if self.n_docs else 0.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of its precision; None without a vote on gold."""
        return wilson(self.right, self.n_gold) if self.n_gold else None


def to_json(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON values, without the pins: they are looked up when it is read."""
    plain = {
        name: getattr(trial, name)
        for name in ("name", "kind", "n_docs", "n_votes", "n_gold", "right", "tier", "seconds")
    }
    return {
        **plain,
        "options": dict(trial.options),
        "chips": dict(trial.chips),
        "n_pins_broken": trial.n_pins_broken,
        "flips": flipping.to_json(trial.flips),
        "faults": [asdict(fault) for fault in trial.faults],
        "slowest": trial.slowest,
        "listed": {chip: list(rows) for chip, rows in trial.listed.items()},
        "pins": [pin.pin_id for pin in trial.pins],
    }


def from_json(store: Store, project_id: int, raw: Mapping[str, Any]) -> Trial:
    """Return what :func:`to_json` made JSON of; pins taken off since are left out."""
    pins = set(raw["pins"])
    return Trial(
        **{
            **raw,
            "project_id": project_id,
            "flips": flipping.from_json(raw["flips"]),
            "faults": tuple(_as_fault(fault) for fault in raw["faults"]),
            "slowest": tuple((int(doc_id), float(s)) for doc_id, s in raw["slowest"]),
            "listed": {chip: [tuple(row) for row in rows] for chip, rows in raw["listed"].items()},
            "pins": tuple(p for p in store.pins.list(project_id) if p.pin_id in pins),
        }
    )


def _as_fault(raw: Mapping[str, Any]) -> Fault:
    fault = Fault(**raw)
    return replace(fault, doc_ids=tuple(fault.doc_ids))


def documents(
    store: Store, trial: Trial, chip: str, *, page: int = 1, size: int = 20
) -> tuple[list[TrialDoc], int]:
    """Return one page of the documents behind a chip, and how many can be paged through.

    At most ``MOST_IDS`` documents of each chip were kept; ``trial.chips`` counts all of them.

    Raises
    ------
    Invalid
        If there is no such chip.
    """
    if chip not in CHIPS:
        raise Invalid(f"A trial has no list {chip!r}; it has {', '.join(CHIPS)}.")
    listed = trial.listed.get(chip, ())
    shown = listed[max(0, page - 1) * size : max(1, page) * size]
    ids = [row[0] for row in shown]
    texts = store.documents.texts(trial.project_id, ids)
    gold = store.annotations.gold(trial.project_id)
    spans_of = _Matcher(store, trial)
    pinned = {pin.doc_id: pin for pin in trial.pins}
    found = [
        TrialDoc(
            doc_id=doc_id,
            text=text,
            vote=_label(vote),
            gold=_label(int(gold[doc_id])),
            spans=spans_of(text) if vote != ABSTAIN else (),
            before=before,
            after=after,
            fault=_fault_of(trial.faults, doc_id),
            pin=pinned.get(doc_id),
        )
        for (doc_id, vote, before, after), text in zip(shown, texts, strict=True)
    ]
    return found, len(listed)


class _Matcher:
    """Says what in a text made a kind vote; the options are read once."""

    def __init__(self, store: Store, trial: Trial) -> None:
        member = kinds.get(trial.kind)
        self._kind: LFKind = member()
        self._options: Options = member.Options.model_validate(dict(trial.options))
        self._asking = resources.asking(store, trial.project_id)

    def __call__(self, text: str) -> Spans:
        return tuple(self._kind.matches(text, self._options, self._asking))


def _label(value: int) -> int | None:
    return None if value == ABSTAIN else value


def _fault_of(faults: Sequence[Fault], doc_id: int) -> str | None:
    for fault in faults:
        if doc_id in (fault.doc_id, *fault.doc_ids):
            where = f" in line {fault.line}" if fault.line else ""
            return f"{fault.exception}{where}: {fault.message}"
    return None
