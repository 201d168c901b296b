"""The left column: lists of terms, for lexicon functions and for Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from studio.core.lexicons import Lexicon
from studio.ui import html
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.text import _, plain


def draw_lexicons(
    found: Sequence[Lexicon], usage: Mapping[str, Sequence[str]], desk: Desk
) -> list[Do]:
    """Draw all lexicons and the form for one; return what was asked for."""
    html.note(
        _(
            "A list of terms, with a label each or without. A lexicon function finds them; Python "
            "imports them: from lexicons import NAME."
        )
    )
    names = [lexicon.name for lexicon in found]
    chosen = st.selectbox(
        _("Lexicon"),
        [None, *names],
        format_func=lambda name: _("a new one") if name is None else name,
        key="labeling.lexicon",
    )
    lexicon = next((one for one in found if one.name == chosen), None)
    wishes = [*_draw_undo(desk), *_draw_form(lexicon)]
    if lexicon is not None:
        used = usage.get(lexicon.name, ())
        html.note(
            _("Used by {names}.").format(names=", ".join(used)) if used else _("Not used yet.")
        )
        if st.button(
            _("Delete"),
            key=f"labeling.lexicon_delete.{lexicon.name}",
            disabled=bool(used),
            icon=":material/delete:",
            type="tertiary",
        ):
            wishes.append(Do("delete_lexicon", values={"name": lexicon.name}))
    return wishes


def _draw_form(lexicon: Lexicon | None) -> list[Do]:
    key = lexicon.name if lexicon else "new"
    with st.form(f"labeling.lexicon_form.{key}", border=True):
        name = st.text_input(
            _("Name"),
            lexicon.name if lexicon else "",
            disabled=lexicon is not None,
            placeholder="refund_words",
            key=f"labeling.lexicon_name.{key}",
        )
        terms = st.text_area(
            _("Terms, one a line; a comma and a label after a term if it speaks for one"),
            _lines(lexicon),
            height=180,
            key=f"labeling.lexicon_terms.{key}",
        )
        file = st.file_uploader(
            _("Or a file of terms (.txt, .csv)"),
            type=["txt", "csv"],
            key=f"labeling.lexicon_file.{key}",
        )
        sent = st.form_submit_button(_("Save lexicon"), key=f"labeling.lexicon_save.{key}")
    if not sent:
        return []
    return [
        Do(
            "save_lexicon",
            values={
                "name": lexicon.name if lexicon else name,
                "text": terms,
                "file": file.getvalue() if file else None,
            },
        )
    ]


def _lines(lexicon: Lexicon | None) -> str:
    if lexicon is None:
        return ""
    pairs = zip(lexicon.terms, lexicon.labels, strict=True)
    return "\n".join(f"{term}, {label}" if label else term for term, label in pairs)


def _draw_undo(desk: Desk) -> list[Do]:
    name = desk.deleted_lexicon
    if name is None:
        return []
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.caption(plain(_("The lexicon {name} was deleted.").format(name=name)))
        back = st.button(_("Bring it back"), key="labeling.lexicon_back", icon=":material/undo:")
    return [Do("restore_lexicon", values={"name": name})] if back else []
