"""The review card: one document after another, answered by keyboard.

The card keeps answers in an outbox and sends all of it at each press; what the server has stored
is acknowledged and leaves the outbox. However fast the presses come, each is stored once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from studio.core.annotations import AnnotationStatus, Answer
from studio.core.errors import Invalid, StudioError
from studio.core.schema import LabelSchema
from studio.ui import session
from studio.ui.palette import label_color, surface
from studio.ui.text import _

if TYPE_CHECKING:
    from studio.services.review import ReviewCard

BATCH: Final = 50
"""Documents that the card has in hand; at a second each, this outlasts any hiccup."""

REFILL_BELOW: Final = 20
MAX_EVENTS: Final = 5_000
MAX_TEXT: Final = 20_000
"""Characters of a text that the card shows; the rest is cut with an ellipsis."""

_FOLDER = Path(__file__).parent
_card = st.components.v2.component(
    "weft_review",
    html='<div class="review"></div>',
    css=(_FOLDER / "review.css").read_text(encoding="utf-8"),
    js="\n".join(
        (_FOLDER / name).read_text(encoding="utf-8") for name in ("review_view.js", "review.js")
    ),
)


@dataclass(frozen=True)
class Desk:
    """What the card calls: commands and queries of ``services.review`` for one project.

    ``next_cards(limit=…)`` gives the documents to answer; ``submit`` stores answers;
    ``undo(key)`` takes back the answer with this key, the newest for None, and returns its
    documents (none if it was taken back before); ``find`` gives the cards of documents.
    """

    next_cards: Callable[..., Sequence[ReviewCard]]
    submit: Callable[[Sequence[Answer]], None]
    undo: Callable[[str | None], Sequence[int]]
    find: Callable[[Sequence[int]], Sequence[ReviewCard]]


@dataclass(frozen=True)
class Rule:
    """Words of a text from which a labeling function is to be made, and the label suggested."""

    text: str
    label: int | None


@dataclass(frozen=True)
class Outcome:
    """What came of the card: a sentence for the user where answers were refused, and a rule."""

    problem: str | None = None
    rule: Rule | None = None


@dataclass
class Progress:
    """Where one card stands: kept in the session, of ids and plain values only."""

    visit: int = 0
    epoch: str = field(default_factory=lambda: uuid.uuid4().hex)
    cards: list[dict[str, Any]] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    exhausted: bool = False
    acks: dict[str, int] = field(default_factory=dict)
    last_mount: str = ""
    rejected: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    problem: str | None = None
    rule: Rule | None = None

    def open_cards(self) -> list[dict[str, Any]]:
        """Return the cards in hand without an answer."""
        return [card for card in self.cards if card["id"] not in self.answered]


def review_card(desk: Desk, *, key: str, scope: str, queue: str, schema: LabelSchema) -> Outcome:
    """Draw the card and store what was answered since the last run.

    Call it inside a fragment, so that an answer does not run the whole page.

    Parameters
    ----------
    key
        Prefix of the component's key.
    scope
        Names project and user. Answers that a change of page overtook are kept under it by the
        browser.
    queue
        Names the queue; another queue begins with fresh documents.
    schema
        The labels, in the order of the keys 1 to 9.

    Returns
    -------
    Outcome
        What went wrong, and the words that are to become a labeling function.
    """
    # A component of its own for each scope and queue: what is left in the outbox of one project
    # must never be taken for answers to another.
    full_key = f"{key}.{scope}.{queue}"
    progress = _progress_of(full_key)
    _refill(desk, progress)
    _card(
        key=full_key,
        data={"scope": scope, **_data(progress, schema, dark=session.is_dark())},
        on_outbox_change=partial(_receive, desk, full_key),
        on_rule_change=partial(_receive_rule, full_key),
    )
    problem, progress.problem = progress.problem, None
    rule, progress.rule = progress.rule, None
    return Outcome(problem, rule)


def apply_events(
    desk: Desk, progress: Progress, *, mount: str, events: Sequence[Mapping[str, Any]]
) -> None:
    """Store what an outbox brings, in order; what was stored before is passed over.

    Refused answers are noted in ``progress.rejected``, and their documents come again.

    Parameters
    ----------
    mount
        Name of the card's current stay on a page; sequence numbers begin anew with it.
    """
    seen = progress.acks.get(mount, 0)
    fresh = [event for event in events if int(event["seq"]) > seen]
    progress.rejected.clear()
    batch: list[Answer] = []
    for event in fresh:
        if event["kind"] == "answer":
            batch.append(parse_answer(event))
            continue
        _submit(desk, progress, batch)
        batch = []
        _undo(desk, progress, event)
    _submit(desk, progress, batch)
    if fresh:
        progress.acks[mount] = int(fresh[-1]["seq"])
    progress.last_mount = mount


def parse_answer(event: Mapping[str, Any]) -> Answer:
    """Return the answer of an event; the browser may have sent anything.

    Raises
    ------
    Invalid
        If it is not an answer.
    """
    try:
        label = event["label"]
        return Answer(
            key=str(event["key"])[:64],
            doc_id=int(event["doc"]),
            label=None if label is None else int(label),
            status=AnnotationStatus(event["status"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("The browser sent something that is not an answer. Reload it.") from error


def _receive(desk: Desk, key: str) -> None:
    # Streamlit may cut a run short whenever the session is touched. So the session is read
    # first, and from then on only objects in hand are changed: storing and acknowledging happen
    # both or not at all.
    outbox = st.session_state[key].get("outbox") or {}
    progress = _progress_of(key)
    events = list(outbox.get("events") or ())[:MAX_EVENTS]
    apply_events(desk, progress, mount=str(outbox.get("mount")), events=events)


def _receive_rule(key: str) -> None:
    sent = st.session_state[key].get("rule") or {}
    progress = _progress_of(key)
    words = str(sent.get("text", "")).strip()[:200]
    card = next((c for c in progress.cards if c["id"] == sent.get("doc")), None)
    if words and card is not None:
        progress.rule = Rule(words, card["suggestion"])


def _submit(desk: Desk, progress: Progress, answers: list[Answer]) -> None:
    if not answers:
        return
    try:
        desk.submit(answers)
    except StudioError as error:
        progress.problem = str(error)
        progress.rejected += [answer.doc_id for answer in answers]
        return
    progress.answered |= {answer.doc_id for answer in answers}


def _undo(desk: Desk, progress: Progress, event: Mapping[str, Any]) -> None:
    of = event.get("of")
    try:
        returned = [int(doc_id) for doc_id in desk.undo(None if of is None else str(of))]
    except StudioError as error:
        progress.problem = str(error)
        return
    progress.answered -= set(returned)
    progress.returned += returned
    progress.exhausted = False
    known = {card["id"] for card in progress.cards}
    missing = [doc_id for doc_id in returned if doc_id not in known]
    if missing:
        progress.cards = [_plain(card) for card in desk.find(missing)] + progress.cards


def _refill(desk: Desk, progress: Progress) -> None:
    remaining = progress.open_cards()
    if len(remaining) >= REFILL_BELOW or progress.exhausted:
        return
    found = [_plain(card) for card in desk.next_cards(limit=BATCH)]
    known = {card["id"] for card in found}
    progress.cards = [card for card in remaining if card["id"] not in known] + found
    progress.exhausted = len(found) < BATCH


def _progress_of(key: str) -> Progress:
    name = f"{key}.progress"
    known: Progress | None = st.session_state.get(name)
    # Between two visits anybody may have answered, so what was in hand is fetched anew.
    if known is None or known.visit != session.visit():
        known = Progress(visit=session.visit())
        st.session_state[name] = known
    return known


def _plain(card: ReviewCard) -> dict[str, Any]:
    text = card.text if len(card.text) <= MAX_TEXT else card.text[:MAX_TEXT] + " …"
    return {
        "id": card.doc_id,
        "external_id": card.external_id,
        "text": text,
        "suggestion": card.suggestion,
        "probability": card.probability,
        "votes": [[name, label] for name, label in card.votes],
        "reason": card.reason,
        "metadata": {name: card.metadata[name] for name in list(card.metadata)[:12]},
    }


def _data(progress: Progress, schema: LabelSchema, *, dark: bool) -> dict[str, Any]:
    labels = []
    for index, name in enumerate(schema.names):
        color = label_color(index, dark)
        labels.append({"name": name, "solid": color.solid, "soft": color.soft, "ink": color.ink})
    mount = progress.last_mount
    return {
        "epoch": progress.epoch,
        "ack": {"mount": mount, "seq": progress.acks.get(mount, 0)},
        "cards": progress.open_cards(),
        "rejected": list(progress.rejected),
        "returned": progress.returned,
        "labels": labels,
        "muted": surface(dark).muted,
        "words": _words(),
    }


def _words() -> dict[str, Any]:
    return {
        "accept": _("accept"),
        "skip": _("skip"),
        "discard": _("discard"),
        "undo": _("undo"),
        "keys": _("keys"),
        "skipped": _("skipped"),
        "discarded": _("discarded"),
        "saved": _("All answers are stored."),
        "saving": _("Storing…"),
        "rule": _("Make a labeling function of “{words}”"),
        "search": _("Type / and the beginning of a label"),
        "votes": _("Who voted what"),
        "no_votes": _("No labeling function voted here."),
        "metadata": _("Metadata"),
        "nothing_to_accept": _("There is no suggestion here; press the number of a label."),
        "done": _("Nothing is left in this queue. Choose another queue, or go on to Training."),
        "help": [
            ["1 … 9", _("give the label with this number")],
            ["Enter", _("accept the suggested label, the one with a frame and a percentage")],
            ["S", _("skip: the document comes again at the end of the queue")],
            ["D", _("discard: the document is unusable and serves nothing")],
            ["U", _("undo the last answer, also one from an earlier visit")],
            ["F", _("make a labeling function of the words that are selected")],
            ["← →", _("look at the documents before and after without answering")],
            ["/", _("search a label, where there are more than nine")],
            ["?", _("show or hide this list")],
        ],
    }
