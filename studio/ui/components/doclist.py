"""A list of documents with marked words, the labels they have, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from studio.core.schema import LabelSchema
from studio.ui import session
from studio.ui.components import acts
from studio.ui.palette import label_color
from studio.ui.text import _

MAX_TEXT = 2_000
"""Characters of a text that a list shows."""

Tone = Literal["", "good", "bad", "warn"]

_list = st.components.v2.component(
    "weft_documents",
    html='<div class="documents"></div>',
    css=acts.sheet("doclist.css"),
    js=acts.script("doclist.js"),
)


@dataclass(frozen=True)
class Item:
    """One document of a list.

    Attributes
    ----------
    marks
        ``(start, end, label)`` in characters: words in the colour of a label.
    chips
        Label indices with a detail each, ``""`` for none.
    notes
        Words with a tone each.
    without
        Verbs of buttons that this document does not get.
    """

    doc_id: int
    text: str
    marks: Sequence[tuple[int, int, int]] = ()
    chips: Sequence[tuple[int, str]] = ()
    notes: Sequence[tuple[str, Tone]] = ()
    without: Sequence[str] = ()


@dataclass(frozen=True)
class Button:
    """A button beside each document: what it sends, its words, and what it does in full."""

    verb: str
    text: str
    help: str


@dataclass(frozen=True)
class Pressed:
    """What was pressed: ``verb`` of a button, or "select" with the words that were selected."""

    verb: str
    doc_id: int
    text: str = field(default="")


def draw_documents(
    items: Sequence[Item],
    schema: LabelSchema,
    *,
    key: str,
    buttons: Sequence[Button] = (),
    viewing: int | None = None,
    selectable: bool = False,
) -> Pressed | None:
    """Draw documents; return what was pressed since, None for nothing.

    Parameters
    ----------
    viewing
        The document that is marked as the one in view.
    selectable
        Whether words that are selected in a text can be sent with a button.
    """
    words = {"none": _("No document here.")}
    if selectable:
        words["select"] = _("Make a labeling function of “{words}”")
    result = _list(
        key=key,
        data={
            "rows": [_row(item, schema) for item in items],
            "buttons": [{"verb": b.verb, "text": b.text, "help": b.help} for b in buttons],
            "viewing": viewing,
            "words": words,
            "seen": acts.seen(key),
        },
        on_acts_change=_nothing,
    )
    fresh = acts.take(key, result.acts)
    if not fresh:
        return None
    last = fresh[-1]
    known = {item.doc_id for item in items}
    if last.get("id") not in known:
        return None  # pressed in a list that is not on the page any more
    return Pressed(str(last.get("verb")), int(last["id"]), str(last.get("text", ""))[:500])


def _row(item: Item, schema: LabelSchema) -> dict[str, Any]:
    dark = session.is_dark()
    shown = item.text[:MAX_TEXT]
    hidden = len(item.text) - len(shown)
    labels = {label for _start, _end, label in item.marks}
    return {
        "id": item.doc_id,
        "text": shown,
        "more": _(" … {n} more characters").format(n=f"{hidden:,}") if hidden else "",
        "marks": [list(mark) for mark in item.marks if mark[0] < len(shown)],
        "colors": {str(label): color_of(label, dark=dark) for label in labels},
        "chips": [
            {**label_chip(schema, label, dark=dark), "detail": detail}
            for label, detail in item.chips
        ],
        "notes": [{"text": text, "tone": tone} for text, tone in item.notes],
        "without": list(item.without),
    }


def label_chip(schema: LabelSchema, label: int, *, dark: bool) -> dict[str, str]:
    """Return name and colours of a label, as the scripts draw it."""
    return {"name": schema.name_of(label), **color_of(label, dark=dark)}


def color_of(label: int, *, dark: bool) -> dict[str, str]:
    """Return the three tones of a label, as the scripts take them."""
    color = label_color(label, dark)
    return {"solid": color.solid, "soft": color.soft, "ink": color.ink}


def _nothing() -> None:
    """Streamlit wants a callback for each state that it is to return."""
