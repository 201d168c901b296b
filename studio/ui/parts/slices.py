"""Slices: chosen on any page, saved and managed on the page Documents."""

from __future__ import annotations

from functools import partial

import streamlit as st

from studio.core.documents import DocumentFilter
from studio.core.projects import Project
from studio.core.users import User
from studio.services import slices
from studio.storage.store import Store
from studio.ui import session
from studio.ui.parts import browse_state
from studio.ui.text import _, n_, plain, short

_DELETED = "documents.slice_deleted"


def draw_picker(store: Store, project: Project, *, key: str, title: str = "") -> int | None:
    """Draw the choice of one slice or all documents; return its id, None for all.

    Nothing is drawn where the project has no slice.
    """
    names = {one.slice_id: one.name for one in slices.choices(store, project.project_id)}
    if not names:
        return None
    found: int | None = st.selectbox(
        title or _("Slice"),
        [None, *names],
        format_func=lambda one: _("all documents") if one is None else names.get(one, ""),
        placeholder=_("all documents"),
        key=key,
    )
    return found if found in names else None


def draw_choice(store: Store, project: Project, query: DocumentFilter) -> None:
    """Draw which slice the filter is restricted to."""
    names = {one.slice_id: one.name for one in slices.choices(store, project.project_id)}
    head, _colon, number = query.selection.partition(":")
    now = int(number) if head == "slice" and number.isdecimal() else None
    browse_state.hold("documents.slice", now if now in names else None)
    st.selectbox(
        _("Slice"),
        [None, *names],
        format_func=lambda one: _("none") if one is None else names.get(one, ""),
        placeholder=_("none"),
        key="documents.slice",
        disabled=not names,
        help=None if names else _("Set a filter and save it as a slice."),
        on_change=_take_choice,
    )


def draw_save(store: Store, user: User, project: Project, query: DocumentFilter) -> None:
    """Draw the button that saves the filter under a name."""
    with st.popover(
        _("Save as slice"),
        icon=":material/bookmark_add:",
        disabled=query == DocumentFilter(),
        key="documents.save",
        width=170,
    ):
        st.text_input(
            _("Name of the slice"), key="documents.slice_name", placeholder=_("angry customers")
        )
        st.button(
            _("Save"),
            key="documents.slice_save",
            type="primary",
            on_click=partial(browse_state.attempt, partial(_save, store, user, project, query)),
        )
        st.caption(
            _("A slice keeps the filter, not its documents: what comes later belongs to it too.")
        )


def draw_manage(store: Store, user: User, project: Project) -> None:
    """Draw the list of slices behind a button, and the way back after one was deleted."""
    _draw_undo(store, user, project)
    known = slices.choices(store, project.project_id)
    if not known:
        return
    panel = st.popover(
        _("Slices"),
        icon=":material/bookmarks:",
        key="documents.slices",
        width=120,
        # Each slice is asked for its count, which is done only while somebody looks.
        on_change="rerun",
    )
    if panel.open:
        with panel:
            for row in slices.rows(store, project.project_id):
                _draw_row(store, user, project, row)


def _draw_row(store: Store, user: User, project: Project, row: slices.SliceRow) -> None:
    number = row.slice.slice_id
    key = f"documents.slice_name.{number}.{row.slice.name}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(_("Name"), value=row.slice.name, key=key, width=260)
        st.button(
            _("Rename"),
            key=f"documents.slice_rename.{number}",
            on_click=partial(
                browse_state.attempt, partial(_rename, store, user, project, number, key=key)
            ),
        )
        st.button(
            _("Edit filter"),
            key=f"documents.slice_load.{number}",
            help=_("Puts its filter into the bar, to change it and save it anew."),
            on_click=partial(browse_state.attempt, partial(browse_state.write, row.slice.filter)),
        )
        st.button(
            _("Delete"),
            key=f"documents.slice_delete.{number}",
            on_click=partial(browse_state.attempt, partial(_delete, store, user, project, number)),
        )
    count = n_("{n} document", "{n} documents", row.n_docs)
    st.caption(plain(row.problem or f"{count}: {short(row.words, 160)}"))


def _draw_undo(store: Store, user: User, project: Project) -> None:
    deleted = st.session_state.get(_DELETED)
    if deleted is None or deleted[0] != project.project_id:
        return
    st.button(
        _("Undo: bring back {name}").format(name=plain(deleted[2])),
        icon=":material/undo:",
        key="documents.slice_restore",
        on_click=partial(
            browse_state.attempt, partial(_restore, store, user, project, deleted[1])
        ),
    )


def _take_choice() -> None:
    number = st.session_state["documents.slice"]
    browse_state.change(selection="" if number is None else f"slice:{number}")


def _save(store: Store, user: User, project: Project, query: DocumentFilter) -> None:
    name = st.session_state.get("documents.slice_name", "")
    made = slices.save(store, user, project.project_id, name=name, query=query)
    st.session_state["documents.slice_name"] = ""
    session.notify(_("The slice {name} is saved.").format(name=made.name))


def _rename(store: Store, user: User, project: Project, slice_id: int, *, key: str) -> None:
    slices.rename(store, user, project.project_id, slice_id, name=st.session_state[key])


def _delete(store: Store, user: User, project: Project, slice_id: int) -> None:
    gone = slices.delete(store, user, project.project_id, slice_id)
    st.session_state[_DELETED] = (project.project_id, slice_id, gone.name)
    if browse_state.current().selection == f"slice:{slice_id}":
        browse_state.change(selection="")


def _restore(store: Store, user: User, project: Project, slice_id: int) -> None:
    slices.restore(store, user, project.project_id, slice_id)
    st.session_state[_DELETED] = None
