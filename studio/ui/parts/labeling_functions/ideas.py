"""The left column: functions that the studio suggests, and how functions relate."""

from __future__ import annotations

from typing import Final

import streamlit as st

from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.services.pairwise import PairView
from studio.services.suggestions import SuggestedLF, Suggestions
from studio.ui import html, session, tables
from studio.ui.parts.labeling_functions.desk import Do
from studio.ui.text import _, percent, plain, short

METRICS: Final = ("agreement", "overlap", "conflict")


def draw_suggestions(project: Project, known: Suggestions | None) -> list[Do]:
    """Draw suggested functions with what they would bring; return what was asked for."""
    wishes = []
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Suggest functions"), key="labeling.suggest", icon=":material/lightbulb:"):
            wishes.append(Do("suggest"))
        html.note(_("From gold labels of train and dev; test is never looked at."))
    if known is None:
        return wishes
    if known.stale:
        html.note(_("Gold labels or functions changed since; suggest again."))
    if not known.found:
        html.note(
            _(
                "Nothing to suggest: too few gold documents, or every telling word is used "
                "already. Review some documents, then ask again."
            )
        )
    for number, idea in enumerate(known.found):
        wishes += _draw_idea(project.schema, idea, number)
    return wishes


def _draw_idea(schema: LabelSchema, idea: SuggestedLF, number: int) -> list[Do]:
    wishes = []
    with st.container(border=True):
        html.chips(schema, [(idea.label, "")], dark=session.is_dark(), before=idea.words)
        low, high = idea.interval
        html.note(
            _(
                "{coverage} of documents, {new} not covered yet · right on {right} of {n} gold "
                "(95 %: {low}–{high})"
            ).format(
                coverage=percent(idea.coverage, 1),
                new=f"{idea.n_new:,}",
                right=idea.right,
                n=idea.n_gold,
                low=f"{low:.0%}",
                high=f"{high:.0%}",
            )
        )
        for text in idea.examples[:2]:
            st.caption(plain(short(text, 160)))
        with st.container(horizontal=True):
            if st.button(_("Accept"), key=f"labeling.accept.{number}"):
                wishes.append(Do("accept", values={"idea": idea}))
            if st.button(_("Edit first"), key=f"labeling.edit_idea.{number}", type="tertiary"):
                wishes.append(Do("begin", values={"idea": idea}))
    return wishes


def draw_pairwise(found: PairView | None) -> list[Do]:
    """Draw how each two functions relate; return what was asked for.

    ``found`` is None where the pairs have to be counted first.
    """
    if found is None:
        html.note(_("So many votes take a moment to compare."))
        pressed = st.button(_("Compare all pairs"), key="labeling.compare")
        return [Do("compare")] if pressed else []
    metric = st.segmented_control(
        _("Compare by"),
        METRICS,
        default=METRICS[0],
        format_func=lambda name: {
            "agreement": _("Agreement"),
            "overlap": _("Overlap"),
            "conflict": _("Conflict"),
        }[name],
        key="labeling.pairwise",
        required=True,
    )
    metric = metric or METRICS[0]
    for copy in found.copies:
        st.warning(plain(copy.sentence), icon=":material/content_copy:")
    html.note(_EXPLAINED[metric])
    cell = tables.draw_heat(
        getattr(found.pairs, metric), found.names, key=f"labeling.heat.{metric}"
    )
    if cell is None or cell[0] == cell[1]:
        return []
    which = "conflict" if metric == "conflict" else "overlap"
    selection = f"pair:{found.lf_ids[cell[0]]}:{found.lf_ids[cell[1]]}:{which}"
    return [Do("show", values={"selection": selection})]


_EXPLAINED: Final = {
    "agreement": "Share of the documents on which both vote where they vote alike. "
    "Choose a cell to see these documents.",
    "overlap": "Share of all documents on which both vote.",
    "conflict": "Share of all documents on which both vote and disagree.",
}
