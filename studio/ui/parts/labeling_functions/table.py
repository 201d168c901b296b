"""The left column: all labeling functions, and what can be done with all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from studio.core.projects import Project
from studio.services.function_table import FunctionRow
from studio.storage.store import Store
from studio.ui.components.functions import draw_functions
from studio.ui.parts import panel
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.text import _, n_

APPLY = "labeling.apply"


def draw_table(
    project: Project,
    rows: Sequence[FunctionRow],
    desk: Desk,
    *,
    n_docs: int,
    votes: Mapping[int, tuple[int, str]] | None,
) -> list[Do]:
    """Draw the table and the way back for what was deleted; return what was asked for."""
    pressed = draw_functions(
        rows,
        project.schema,
        key="labeling.table",
        editing=desk.editing,
        n_docs=n_docs,
        votes=votes,
    )
    wishes = [Do(w.verb, w.lf_id, {"value": w.value, "which": w.which}) for w in pressed]
    if desk.deleted:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.caption(_("A labeling function was deleted; its votes are kept."))
            if st.button(_("Bring it back"), key="labeling.restore", icon=":material/undo:"):
                wishes.append(Do("restore", desk.deleted[-1]))
    return wishes


def draw_apply(rows: Sequence[FunctionRow]) -> list[Do]:
    """Draw how much is to be computed and the button that does it."""
    stale = sum(row.stale and row.function.enabled for row in rows)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            _("Apply all"),
            key="labeling.apply",
            icon=":material/play_circle:",
            disabled=not stale,
            help=_(
                "Lets every function that is on vote on all documents. Only what is missing "
                "is computed."
            ),
        )
        words = n_("{n} function has votes missing", "{n} functions have votes missing", stale)
        st.caption(words if stale else _("All votes are in."))
        uncovered = st.button(
            _("Documents without a vote"),
            key="labeling.uncovered",
            type="tertiary",
            help=_("What no function covers: where to write the next one from."),
        )
    wishes = [Do("apply")] if pressed else []
    return [*wishes, Do("show", values={"selection": "uncovered"})] if uncovered else wishes


def show_apply(store: Store, project: Project) -> None:
    """Draw the application under way."""
    panel.show(store, project, APPLY, ("apply_functions",))


def keep_apply(project: Project, job_id: int) -> None:
    """Remember the application that was just started."""
    panel.keep(project, APPLY, job_id)
