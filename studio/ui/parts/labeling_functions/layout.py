"""The three columns of the page and what each of them can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from studio.ui.parts.labeling_functions.desk import SIDES, Desk
from studio.ui.text import _

LEAD: Final = (
    "Rules that vote for a label or abstain. Let them overlap and conflict: that is what teaches."
)
TABS: Final = ("functions", "suggested", "pairs", "lexicons", "models", "module")


def columns() -> Sequence[Any]:
    """Return the columns of the table, of the editor and of the trial.

    On narrow screens the table stands above the other two (see the style sheet).
    """
    with st.container(key="labeling_workbench"):
        return st.columns([1.28, 1, 1], gap="medium")


def draw_tabs(n_functions: int) -> str:
    """Draw what the left column can show; return what it shows."""
    titles = {
        "functions": _("Functions {n}").format(n=n_functions),
        "suggested": _("Suggested"),
        "pairs": _("Pairs"),
        "lexicons": _("Lexicons"),
        "models": _("Language models"),
        "module": _("Export, import"),
    }
    chosen = st.segmented_control(
        _("Show"),
        TABS,
        default=TABS[0],
        format_func=titles.__getitem__,
        key="labeling.tab",
        required=True,
        label_visibility="collapsed",
    )
    return chosen or TABS[0]


def draw_sides(desk: Desk) -> str:
    """Draw what the right column can show; return what it shows."""
    titles = {
        "trial": _("Trial"),
        "documents": _("Documents"),
        "history": _("History"),
        "pins": _("Pins"),
        "faults": _("Faults"),
    }
    about_one = ("history", "pins", "faults")
    offered = [
        side
        for side in SIDES
        if (side not in about_one or desk.editing is not None)
        and (side != "documents" or desk.selection)
    ]
    if desk.side not in offered:
        desk.side = "trial"
    chosen = st.segmented_control(
        _("Show"),
        offered,
        default=desk.side,
        format_func=titles.__getitem__,
        # The key carries what is shown, so that a press elsewhere is not overruled.
        key=f"labeling.side.{desk.side}.{desk.number}",
        required=True,
        label_visibility="collapsed",
    )
    if chosen and chosen != desk.side:
        desk.side = chosen
        st.rerun()
    return desk.side
