"""Drawn by the page Home."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from studio.services.projects import ProjectCard
from studio.ui.text import _, plain

LEAD = (
    "Raw texts in, a trained model that can say why out. Rules make the labels, people correct "
    "them by keyboard, and everything stays on this machine."
)


@dataclass(frozen=True)
class NewProject:
    """What the form for a new project holds."""

    name: str
    labels: tuple[str, ...]


def draw_sample_button() -> bool:
    """Draw the button that opens the sample project; return whether it was pressed."""
    with st.container(border=True):
        st.markdown(_("**Look around first**"))
        st.caption(
            _(
                "The sample project holds about 600 short customer messages with four intents "
                "and eight labeling functions. The messages are synthetic: they were written "
                "for Weft and name no real person or company."
            )
        )
        return st.button(_("Open the sample project"), key="home.sample", width="stretch")


def draw_new_project() -> NewProject | None:
    """Draw the form for a new project; return it when it was sent."""
    with st.form("home.new", border=True):
        st.markdown(_("**New project**"))
        name = st.text_input(
            _("Name"), key="home.name", max_chars=100, placeholder=_("Customer messages")
        )
        labels = st.text_area(
            _("Labels, one a line"),
            key="home.labels",
            height=120,
            placeholder=_("refund\ndelivery"),
            help=_("At least two. Their order decides the keys 1 to 9 in Review."),
        )
        sent = st.form_submit_button(_("Create project"), type="primary", key="home.create")
    return NewProject(name, tuple(labels.splitlines())) if sent else None


def draw_card(card: ProjectCard) -> str | None:
    """Draw one project; return "open", "next", "rename" or "delete" when that was pressed."""
    number = card.project.project_id
    with st.container(border=True, key=f"home-card-{number}"):
        head, action = st.columns([4, 1], vertical_alignment="center")
        with head:
            st.markdown(f"**{plain(card.project.name)}**")
            st.caption(_("Labels: {labels}").format(labels=plain(card.project.schema.describe(5))))
        with action:
            opened = st.button(_("Open"), key=f"home.open.{number}", width="stretch")
        _show_figures(card)
        going_on = st.button(
            _("Next: {step}").format(step=card.next_step.sentence),
            key=f"home.next.{number}",
            icon=":material/arrow_forward:",
            type="tertiary",
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            with st.popover(_("Rename"), type="tertiary"):
                st.text_input(
                    _("New name"), value=card.project.name, key=name_key(number), max_chars=100
                )
                renamed = st.button(_("Rename the project"), key=f"home.rename.{number}")
            deleted = st.button(
                _("Delete"),
                key=f"home.delete.{number}",
                type="tertiary",
                help=_("Puts the project away; it can be brought back right after."),
            )
    pressed = {"open": opened, "rename": renamed, "delete": deleted, "next": going_on}
    return next((name for name, yes in pressed.items() if yes), None)


def name_key(project_id: int) -> str:
    """Return the key of the field that holds a project's new name."""
    return f"home.name.{project_id}"


def draw_restore(project_id: int | None) -> int | None:
    """Draw the way back for a project just put away; return its id when that was pressed."""
    if project_id is None:
        return None
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.caption(_("A project was put away."))
        pressed = st.button(_("Bring it back"), key="home.restore", icon=":material/undo:")
    return project_id if pressed else None


def _show_figures(card: ProjectCard) -> None:
    columns = st.columns(5)
    coverage = _("not applied") if card.coverage is None else f"{card.coverage:.0%}"
    figures = (
        (_("Documents"), f"{card.n_documents:,}"),
        (_("LF coverage"), coverage),
        (_("Weak labels"), card.weak_labels or _("none")),
        (_("Annotations"), f"{card.n_annotations:,}"),
        (_("Runs"), f"{card.n_finished_runs} / {card.n_runs}" if card.n_runs else "0"),
    )
    for column, (name, value) in zip(columns, figures, strict=True):
        with column:
            st.metric(name, value)
    if card.n_active_jobs:
        st.caption(_("{n} jobs are running.").format(n=card.n_active_jobs))
