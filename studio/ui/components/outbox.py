"""Brings in review answers that a change of page overtook; drawn, invisibly, on every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import streamlit as st

from studio.ui.components.review import MAX_EVENTS, Desk, Progress, apply_events

_KEY: Final = "frame.outbox"
_STORED: Final = "frame.outbox.stored"
_MOUNT: Final = "outbox"

_outbox = st.components.v2.component(
    "weft_outbox",
    html='<span class="outbox"></span>',
    css=".outbox {\n  display: none;\n}",
    js=(Path(__file__).parent / "outbox.js").read_text(encoding="utf-8"),
)

DeskOf = Callable[[str], Desk | None]
"""Gives the desk for a scope; None for a scope that is not this user's."""


@st.fragment
def draw_outbox(desk_of: DeskOf) -> None:
    """Store what the browser still holds.

    Parameters
    ----------
    desk_of
        Where the answers of a scope go.
    """
    _outbox(
        key=_KEY,
        data={"stored": st.session_state.get(_STORED, {})},
        on_boxes_change=partial(_receive, desk_of),
    )


def store_boxes(
    desk_of: DeskOf, boxes: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, list[str]]:
    """Store the answers of all boxes; return the keys of what is done with, by scope.

    A refused answer is done with as well: it would be refused again for ever.
    """
    done: dict[str, list[str]] = {}
    for scope, events in boxes.items():
        desk = desk_of(scope)
        if desk is not None:
            some = list(events)[:MAX_EVENTS]
            apply_events(desk, Progress(), mount=_MOUNT, events=some)
            done[scope] = [str(event["key"]) for event in some]
    return done


def _receive(desk_of: DeskOf) -> None:
    boxes = st.session_state[_KEY].get("boxes") or {}
    st.session_state[_STORED] = store_boxes(desk_of, boxes)
