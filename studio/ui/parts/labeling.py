"""Drawn by the page Labeling functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from code_editor import code_editor

from studio.core.errors import Invalid
from studio.core.functions import Fault
from studio.core.jobs import Job, JobState
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.labeling.base import constant_names, kinds
from studio.services.labeling import FunctionRow, kind_names, kind_options
from studio.services.trying import UNNAMED, Trial
from studio.storage.store import Store
from studio.ui import forms, html, links, session
from studio.ui.parts import panel
from studio.ui.text import _, n_, plain, short

CONSTANT_EXAMPLE = """\
from snorkel.labeling import labeling_function


@labeling_function()
def {name}(x):
    return {label} if "{word}" in x.text.lower() else ABSTAIN
"""


LEAD = (
    "Rules that vote for a label or abstain. Let them overlap and conflict: that is what teaches."
)
SHOWN_HITS = 20


EDITING = "labeling.editing"
DELETED = "labeling.deleted"
_WIDTHS = (0.5, 3, 1.1, 2.4, 1.3, 1.1, 1.3, 1.6, 1, 1.2)
_TITLES = (
    "on",
    "name",
    "kind",
    "votes for",
    "coverage",
    "overlaps",
    "conflicts",
    "right on gold",
    "faults",
    "",
)


@dataclass(frozen=True)
class Wish:
    """What was pressed in the table: edit, delete, restore or toggle (to ``value``)."""

    verb: str
    lf_id: int
    value: bool = False


@dataclass(frozen=True)
class Draft:
    """What the editor holds: a kind, a name (of no use for Python) and the kind's options.

    ``lf_id`` is the function that a save makes a new version of; None for a new function.
    """

    lf_id: int | None
    kind: str
    name: str
    options: dict[str, Any]
    problem: str | None
    """What is wrong with the options; None when they will do."""
    wish: str | None
    """``"try"``, ``"save"`` or ``"new"`` (leave this function alone) when that was pressed."""


def draw_editor(project: Project, editing: FunctionRow | None) -> Draft:
    """Draw the editor for a new function, or for the one being edited; return what it holds."""
    names = kind_names()
    start = names.index(editing.function.kind) if editing else 0
    number = editing.function.lf_id if editing else "new"
    kind = st.segmented_control(
        _("Kind"),
        names,
        default=names[start],
        format_func=lambda name: kinds.get(name).title,
        key=f"labeling.kind.{number}",
        required=True,
    )
    kind = kind or names[start]
    given = dict(editing.function.options) if editing and editing.function.kind == kind else {}
    if kind == "python":
        name = ""
        filled = forms.Filled(
            {"code": _draw_code(project.schema, given.get("code"), number)}, None
        )
    else:
        name = st.text_input(
            _("Name"),
            value=editing.function.name if editing else "",
            key=f"labeling.name.{number}",
            placeholder="mentions_refund",
        )
        filled = forms.draw_options(
            kind_options(kind),
            key=f"labeling.{kind}.{number}",
            schema=project.schema,
            values=given,
        )
    with st.container(horizontal=True):
        tried = st.button(
            _("Try on a sample"), key=f"labeling.try.{number}", icon=":material/play_arrow:"
        )
        saved = st.button(_("Save"), key=f"labeling.save.{number}", type="primary")
        fresh = editing is not None and st.button(
            _("New function"), key="labeling.fresh", icon=":material/add:", type="tertiary"
        )
    wish = "try" if tried else "save" if saved else "new" if fresh else None
    lf_id = editing.function.lf_id if editing else None
    return Draft(lf_id, kind, name, filled.values, filled.problem, wish)


def show_trials(trials: Sequence[Trial], schema: LabelSchema) -> None:
    """Draw what each tried function would do: figures, faults, and hits with their text."""
    for trial in trials:
        with st.container(border=True):
            if trial.name != UNNAMED:
                st.markdown(f"**{plain(trial.name)}**")
            columns = st.columns(3)
            columns[0].metric(
                _("Coverage"),
                f"{trial.coverage:.1%}",
                help=_("Share of {n} sampled documents.").format(n=f"{trial.n_docs:,}"),
            )
            columns[1].metric(
                _("Right on gold"),
                f"{trial.right} / {trial.n_gold}" if trial.n_gold else _("no gold hit"),
            )
            columns[2].metric(_("Faults"), sum(f.count for f in trial.faults))
            show_faults(trial.faults)
            if trial.hits:
                # A height of its own, so that the table of functions stays within reach.
                with st.container(height=460, border=False):
                    _show_hits(trial, schema)
            elif not trial.faults:
                st.caption(_("It votes on no document of the sample."))


def _show_hits(trial: Trial, schema: LabelSchema) -> None:
    dark = session.is_dark()
    for hit in trial.hits[:SHOWN_HITS]:
        chips = [(hit.vote, "")]
        if hit.gold is not None:
            agrees = hit.gold == hit.vote
            chips.append((hit.gold, _("gold, agrees") if agrees else _("gold: the vote is wrong")))
        html.chips(schema, chips, dark=dark)
        marks = [html.Mark(start, end, hit.vote) for start, end in hit.spans]
        html.texts([(short(hit.text, 400) if not marks else hit.text, marks)], dark=dark)


def show_faults(faults: Sequence[Fault]) -> None:
    """Draw why a function failed: exception, message, line, and how often."""
    for fault in faults:
        where = _("line {line}").format(line=fault.line) if fault.line else _("no line")
        document = _(", first on document {doc}").format(doc=fault.doc_id)
        st.error(
            plain(
                f"{fault.exception}: {fault.message} ({where}; {fault.count} ×"
                f"{document if fault.doc_id is not None else ''})"
            ),
            icon=":material/error:",
        )


def draw_table(rows: Sequence[FunctionRow], project: Project) -> Wish | None:
    """Draw the table of functions; return what was pressed in it.

    Coverage, conflicts, accuracy and faults lead to the documents behind them.
    """
    head = st.columns(_WIDTHS)
    for column, title in zip(head, _TITLES, strict=True):
        column.caption(_(title) if title else "")
    wish = None
    with st.container(height=420 if len(rows) > 9 else "content", border=False, gap="small"):
        for row in rows:
            wish = _draw_row(row, project) or wish
    deleted = st.session_state.get(DELETED)
    if deleted is not None:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.caption(_("A labeling function was deleted; its votes are kept."))
            if st.button(_("Bring it back"), key="labeling.restore", icon=":material/undo:"):
                wish = Wish("restore", deleted)
    return wish


def _draw_row(row: FunctionRow, project: Project) -> Wish | None:
    number, found, schema = row.function.lf_id, row.summary, project.schema
    assert number is not None
    cells = st.columns(_WIDTHS, vertical_alignment="center")
    with cells[0]:
        on = st.checkbox(
            _("{name} takes part").format(name=plain(row.function.name)),
            value=row.function.enabled,
            key=f"labeling.on.{number}.{row.function.enabled}",
            label_visibility="collapsed",
        )
    stale = _(" · not applied yet") if row.stale else ""
    cells[1].markdown(f"**{plain(row.function.name)}**{stale}")
    cells[2].caption(row.function.kind)
    with cells[3]:
        html.chips(schema, [(label, "") for label in found.polarity[:3]], dark=session.is_dark())
    share = f"{found.coverage:.1%}"
    links.show_selection(cells[4], share, f"lf:{number}", project, enabled=found.coverage > 0)
    cells[5].caption(f"{found.overlaps:.1%}")
    links.show_selection(
        cells[6],
        f"{found.conflicts:.1%}",
        f"lf:{number}:conflicts",
        project,
        enabled=found.conflicts > 0,
    )
    accuracy = "–" if found.accuracy is None else f"{found.accuracy:.0%} of {found.n_gold}"
    links.show_selection(
        cells[7],
        accuracy,
        f"lf:{number}:wrong",
        project,
        enabled=bool(found.accuracy is not None and found.accuracy < 1),
    )
    links.show_selection(
        cells[8], str(found.faults), f"lf:{number}:faults", project, enabled=found.faults > 0
    )
    with cells[9], st.container(horizontal=True, gap="small"):
        edited = row.function.kind != "votes" and st.button(
            "",
            key=f"labeling.edit.{number}",
            icon=":material/edit:",
            help=_("Edit"),
            type="tertiary",
        )
        deleted = st.button(
            "",
            key=f"labeling.delete.{number}",
            icon=":material/delete:",
            help=_("Delete"),
            type="tertiary",
        )
    if on != row.function.enabled:
        return Wish("toggle", number, on)
    return Wish("edit", number) if edited else Wish("delete", number) if deleted else None


def _draw_code(schema: LabelSchema, code: str | None, number: object) -> str:
    first = constants(schema)[0]
    start = code or CONSTANT_EXAMPLE.format(name="my_function", label=first, word="word")
    names = ", ".join(f"`{name}`" for name in (*constants(schema)[:8], "ABSTAIN"))
    st.caption(
        _("Snorkel's code as it stands in its tutorials. Predefined: {names}.").format(names=names)
    )
    answer = code_editor(
        start,
        lang="python",
        height=[14, 24],
        response_mode=["debounce", "blur"],
        options={"wrap": False, "showLineNumbers": True, "fontSize": 14},
        key=f"labeling.code.{number}",
    )
    text = answer.get("text") if isinstance(answer, dict) else ""
    return text or start


def constants(schema: LabelSchema) -> list[str]:
    """Return the constants that stand for the labels in Python functions."""
    return list(constant_names(schema.names))


def checked(draft: Draft) -> dict[str, Any]:
    """Return the options of a draft.

    Raises
    ------
    Invalid
        If the form says that they will not do.
    """
    if draft.problem:
        raise Invalid(draft.problem)
    return draft.options


def being_edited(rows: Sequence[FunctionRow]) -> FunctionRow | None:
    """Return the function that the editor holds; None when it holds a new one."""
    asked = st.session_state.get(EDITING)
    return next((row for row in rows if row.function.lf_id == asked), None)


def edit(lf_id: int) -> None:
    """Take a function into the editor."""
    st.session_state[EDITING] = lf_id


def stop_editing() -> None:
    """Empty the editor for a new function."""
    st.session_state.pop(EDITING, None)


def remember_deleted(lf_id: int | None) -> None:
    """Offer the way back for a function just deleted."""
    st.session_state[DELETED] = lf_id


def keep_job(project: Project, job_id: int) -> None:
    """Remember the trial or save that was just started."""
    panel.keep(project, "labeling", job_id)


def keep_apply(project: Project, job_id: int) -> None:
    """Remember the application that was just started."""
    panel.keep(project, "labeling.apply", job_id)


def show_job(store: Store, project: Project) -> Job | None:
    """Draw the trial or save under way."""
    return panel.show(store, project, "labeling", ("try_function", "save_code"))


def show_apply(store: Store, project: Project) -> None:
    """Draw the application under way."""
    panel.show(store, project, "labeling.apply", ("apply_functions",))


def show_result(job: Job | None, trials: Sequence[Trial] | None, schema: LabelSchema) -> None:
    """Draw what came of the last trial or save."""
    if trials is not None:
        show_trials(trials, schema)
    elif job is not None and job.kind == "save_code" and job.state is JobState.SUCCEEDED:
        names = ", ".join(job.result["saved"])
        st.success(_("Saved: {names}").format(names=plain(names)), icon=":material/check_circle:")
    elif job is None:
        st.caption(
            _(
                "Try shows here which documents the function would vote on, wrong ones first. "
                "Nothing is saved by trying."
            )
        )


def draw_apply(rows: Sequence[FunctionRow]) -> bool:
    """Draw the button that applies all functions; return whether it was pressed."""
    missing = sum(row.stale and row.function.enabled for row in rows)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            _("Apply to all documents"), key="labeling.apply", icon=":material/done_all:"
        )
        if missing:
            st.caption(
                n_(
                    "{n} function has documents it has not voted on.",
                    "{n} functions have documents they have not voted on.",
                    missing,
                )
            )
        else:
            st.caption(_("All votes are up to date."))
    return pressed
