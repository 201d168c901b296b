"""Browsing documents: the filter bar, what is set in words, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import StudioError
from studio.core.filters import ANY_LABEL, NO_LABEL, TextMode
from studio.core.fingerprints import fingerprint
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.core.users import User
from studio.services import browsing, documents
from studio.services.documents import PAGE_SIZES, DocumentRow
from studio.storage.store import Store
from studio.ui import frame, html, navigation, session, tables
from studio.ui.parts import browse_more, browse_state, quality, slices
from studio.ui.text import _, n_, plain, short

MOST_TEXT: Final = 2_000
"""Characters of a text in a cell of the table; the whole of it is shown when a row is picked."""

_OWN = ("id", "text", "split", "gold", "weak label", "probability", "external id")


def show(store: Store, user: User, project: Project) -> None:
    """Draw the documents of a project with their filters; a filter runs only this part."""
    st.fragment(_draw)(store, user, project)


def is_narrowed() -> bool:
    """Whether the address asks for some of the documents only."""
    return browse_state.current() != DocumentFilter()


def draw_list(
    rows: Sequence[DocumentRow], schema: LabelSchema, total: int, *, key: str
) -> int | None:
    """Draw selected documents; return the id of the one that was picked."""
    if total > len(rows):
        st.caption(_("The first {n} of {total}.").format(n=len(rows), total=f"{total:,}"))
    picked = _draw_table(rows, schema, key=key)
    return None if picked is None else rows[picked].document.doc_id


def _draw(store: Store, user: User, project: Project) -> None:
    for sentence in session.take_notices():
        st.toast(plain(sentence), icon=":material/check_circle:")
    problem, ids = browse_state.take_problem(), None
    try:
        query = browse_state.read()
        ids = browsing.matches(store, project.project_id, query)
    except StudioError as error:
        query, problem = browse_state.current(), str(error)
    _draw_bar(store, project, query)
    if problem:
        st.error(plain(problem), icon=":material/error:")
    total = store.documents.count(project.project_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        html.status(_count_words(None if ids is None else len(ids), total))
        browse_more.draw(store, project, query)
        slices.draw_save(store, user, project, query)
        slices.draw_manage(store, user, project)
        with st.container(width=110):
            size = st.selectbox(
                _("Rows"),
                PAGE_SIZES,
                index=1,
                format_func=lambda n: _("{n} rows").format(n=n),
                key="documents.size",
                label_visibility="collapsed",
            )
    _draw_chips(browsing.parts(store, project.project_id, query))
    if ids is None:
        return
    if not len(ids):
        frame.empty_state(
            _("No document matches"),
            _("Remove a filter above, or search for less: part of a word is enough."),
        )
        return
    n_pages = -(-len(ids) // size)
    number = min(tables.page_turner(n_pages, len(ids), key=browse_state.PAGE), n_pages)
    rows = documents.rows_of(store, project.project_id, ids[(number - 1) * size : number * size])
    # Another filter or page has other rows, so a row picked before means nothing there.
    view = fingerprint(query.to_json(), number, size)
    picked = _draw_table(rows, project.schema, key=f"documents.table.{view}")
    if picked is not None:
        _draw_whole(rows[picked], project)
        quality.draw_reveal(store, user, project, rows[picked].document.doc_id)


def _draw_bar(store: Store, project: Project, query: DocumentFilter) -> None:
    search, mode, split, gold, weak, chosen = st.columns(
        [5, 2.2, 1.5, 2.6, 2.6, 2.2], vertical_alignment="bottom"
    )
    with search:
        browse_state.hold("documents.q", query.text)
        st.text_input(
            _("Search texts"),
            key="documents.q",
            type="search",
            live=True,
            icon=":material/search:",
            placeholder=_("words, or a part of one"),
            on_change=lambda: browse_state.change(text=st.session_state["documents.q"]),
        )
    with mode:
        browse_state.hold("documents.mode", query.mode)
        st.selectbox(
            _("as"),
            list(TextMode),
            format_func=lambda one: _mode_words()[one],
            key="documents.mode",
            on_change=lambda: browse_state.change(mode=st.session_state["documents.mode"]),
        )
    with split:
        browse_state.hold("documents.split", query.split)
        st.selectbox(
            _("Split"),
            [None, *Split],
            format_func=lambda one: _("all") if one is None else one.value,
            placeholder=_("all"),
            key="documents.split",
            on_change=lambda: browse_state.change(split=st.session_state["documents.split"]),
        )
    with gold:
        _draw_labels(project.schema, _("Gold label"), "gold", query.gold)
    with weak:
        _draw_labels(project.schema, _("Weak label"), "weak", query.weak)
    with chosen:
        slices.draw_choice(store, project, query)


def _draw_labels(schema: LabelSchema, title: str, part: str, now: tuple[int, ...]) -> None:
    key = f"documents.by_{part}"
    known = [ANY_LABEL, NO_LABEL, *range(schema.cardinality)]
    browse_state.hold(key, [label for label in now if label in known])
    names = {ANY_LABEL: _("any label"), NO_LABEL: _("no label")}
    st.multiselect(
        title,
        known,
        format_func=lambda label: names[label] if label < 0 else schema.names[label],
        placeholder=_("all"),
        key=key,
        on_change=lambda: browse_state.change(**{part: tuple(st.session_state[key])}),
    )


def _draw_chips(parts: Sequence[browsing.FilterPart]) -> None:
    if not parts:
        return
    with st.container(horizontal=True, gap="small", key="documents.chips"):
        for place, part in enumerate(parts):
            st.button(
                plain(short(part.words, 70)),
                icon=":material/close:",
                help=_("Remove this filter"),
                key=f"documents.chip.{place}",
                on_click=partial(browse_state.write, part.without),
            )
        st.button(
            _("Clear all"),
            type="tertiary",
            key="documents.clear",
            on_click=partial(browse_state.write, DocumentFilter()),
        )


def _draw_table(found: Sequence[DocumentRow], schema: LabelSchema, *, key: str) -> int | None:
    rows = [
        {
            "id": row.document.doc_id,
            "text": _cut(row.document.text),
            "split": row.document.split.value,
            "gold": [schema.name_of(row.gold)] if row.gold is not None else [],
            "weak label": [schema.name_of(row.weak[0])] if row.weak else [],
            "probability": row.weak[1] if row.weak else None,
            "external id": row.document.external_id,
            **{
                name: "" if value is None else _cut(str(value))
                for name, value in row.document.metadata.items()
                if name not in _OWN
            },
        }
        for row in found
    ]
    metadata = [name for name in dict.fromkeys(n for row in rows for n in row) if name not in _OWN]
    columns = {
        "id": tables.number(_("id")),
        "text": tables.text(_("text"), width="large"),
        "split": tables.text(_("split"), width="small"),
        "gold": tables.labels(_("gold"), schema),
        "weak label": tables.labels(_("weak label"), schema),
        "probability": tables.share(_("probability")),
        "external id": tables.text(_("external id")),
        **{name: tables.text(name) for name in metadata},
    }
    return tables.draw_rows(rows, columns, key=key, pick=True)


def _draw_whole(row: DocumentRow, project: Project) -> None:
    with st.container(border=True, key="documents.whole"):
        html.reading(row.document.text)
        cells = {
            name: str(value) for name, value in row.document.metadata.items() if value is not None
        }
        if cells:
            st.caption(plain(" · ".join(f"{name}: {short(cells[name], 200)}" for name in cells)))
        navigation.link(
            "inspect",
            label=_("Inspect document {n}").format(n=row.document.doc_id),
            project_id=project.project_id,
            document=str(row.document.doc_id),
        )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + " …"


def _count_words(found: int | None, total: int) -> str:
    if found is None:
        return _("– of {total} documents").format(total=f"{total:,}")
    if found == total:
        return n_("{n} document", "{n} documents", total)
    return _("{n} of {total} documents").format(n=f"{found:,}", total=f"{total:,}")


def _mode_words() -> dict[Any, str]:
    return {
        TextMode.CONTAINS: _("contains"),
        TextMode.WORDS: _("all whole words"),
        TextMode.REGEX: _("regular expression"),
    }
