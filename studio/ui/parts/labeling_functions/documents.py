"""The right column: the documents behind a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from studio.core.schema import LabelSchema
from studio.services.documents import DocumentRow
from studio.ui import html, navigation
from studio.ui.components.doclist import Item, draw_documents
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.parts.labeling_functions.preview import buttons, wishes_of
from studio.ui.text import _, n_, plain

PAGE: Final = 20


def page_number() -> int:
    """Return the page of documents that is shown, counted from 1."""
    return int(st.session_state.get("labeling.selected_page", 1))


def show_documents(
    rows: Sequence[DocumentRow], total: int, *, words: str, schema: LabelSchema, desk: Desk
) -> list[Do]:
    """Draw selected documents with their labels; return what was asked for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(words)}** · {n_('{n} document', '{n} documents', total)}")
        navigation.link("documents", label=_("Open in Documents"), selection=desk.selection)
    pressed = draw_documents(
        [_item(row) for row in rows],
        schema,
        key="labeling.selected",
        buttons=buttons(desk),
        viewing=desk.viewing,
        selectable=True,
    )
    n_pages = -(-total // PAGE)
    if n_pages > 1:
        st.pagination(n_pages, key="labeling.selected_page")
    if not rows:
        html.note(_("None left."))
    labels = {row.document.doc_id: _label(row) for row in rows}
    return wishes_of(pressed, labels, desk)


def _label(row: DocumentRow) -> int | None:
    return row.gold if row.gold is not None else row.weak[0] if row.weak else None


def _item(row: DocumentRow) -> Item:
    chips = [] if row.gold is None else [(row.gold, _("gold"))]
    if row.weak is not None:
        chips.append((row.weak[0], f"{_('weak')} {row.weak[1]:.0%}"))
    return Item(row.document.doc_id, row.document.text, chips=chips)
