"""Drawn by the page Documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from studio.core.documents import ColumnMapping, DocumentFilter, Split
from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.importers.base import Preview, importers
from studio.services.documents import PAGE_SIZES, DocumentPage, DocumentRow, Histograms
from studio.storage.store import Store
from studio.ui import charts, forms, navigation, tables
from studio.ui.parts import panel
from studio.ui.text import _, plain, short

LEAD = "The texts of the project. Upload more at any time; what is there keeps its number."
NONE = "—"
UPLOADS = "documents.uploads"
_OWN = ("id", "text", "split", "gold", "weak label", "probability", "external id")


@dataclass(frozen=True)
class SplitChoice:
    """What the form for a new deal of splits holds; shares in ``[0, 1]``."""

    dev: float
    test: float
    seed: int


def draw_format(detected: str, options: Mapping[str, Any]) -> tuple[str, forms.Filled]:
    """Draw the choice of a file format and its reading options; return both."""
    names = importers.names()
    left, right = st.columns([1, 2])
    with left:
        chosen = st.selectbox(
            _("File format"),
            names,
            index=names.index(detected),
            format_func=lambda name: importers.get(name).title,
            key="documents.format",
        )
    with right:
        st.caption(_("What a file of this format looks like:"))
        st.code(importers.get(chosen).example, language=None, wrap_lines=True)
    given = dict(options) if chosen == detected else {}
    with st.expander(_("Reading options")):
        values = forms.draw_options(
            importers.get(chosen).Options, key=f"documents.{chosen}", values=given
        )
    return chosen, values


def draw_mapping(preview: Preview, schema: LabelSchema) -> ColumnMapping | None:
    """Draw which column is what, above the first rows; return it, None while it is not valid."""
    columns = [column.name for column in preview.columns]
    guess = preview.mapping
    boxes = st.columns(5)
    with boxes[0]:
        text = st.selectbox(
            _("Text"),
            columns,
            index=_place(columns, guess.text if guess else None),
            key="documents.text",
        )
    label = _optional(boxes[1], _("Label"), columns, guess.label if guess else None, key="label")
    split = _optional(
        boxes[2], _("Split"), columns, guess.split if guess else None, key="split_column"
    )
    external_id = guess.external_id if guess else None
    external = _optional(boxes[3], _("Id"), columns, external_id, key="id")
    with boxes[4]:
        fixed = st.selectbox(
            _("All documents are"),
            [None, *Split],
            format_func=lambda s: _("by column, else train") if s is None else s.value,
            key="documents.fixed",
            help=_("Puts the whole file into one split, whatever a split column says."),
        )
    if label is not None:
        _show_label_values(preview, schema, label)
    if preview.vote_columns:
        st.info(
            _("These columns become labeling functions of the kind votes: {names}").format(
                names=", ".join(preview.vote_columns)
            ),
            icon=":material/how_to_vote:",
        )
    for note in preview.notes:
        st.caption(plain(note))
    st.caption(_("The first rows, as they will be read:"))
    tables.draw_rows(
        [{name: _cell(row.get(name)) for name in columns} for row in preview.rows],
        {name: tables.text(name) for name in columns},
        key="documents.preview",
    )
    return ColumnMapping(
        text=text, label=label, split=split, external_id=external, fixed_split=fixed
    )


def draw_uploader() -> Any:
    """Draw the place for a file; return the file that was dropped there."""
    return st.file_uploader(
        _("A file of texts: CSV, TSV, JSON Lines, JSON, Parquet, Excel, plain text or WRENCH"),
        key=f"documents.file.{st.session_state.get(UPLOADS, 0)}",
    )


def headline(name: str, note: str) -> str:
    """Return the name of the staged file and what it was taken for."""
    return f"**{plain(short(name, 80))}** · {plain(note)}"


def staged_upload(project: Project) -> str | None:
    """Return the upload that waits for its import."""
    found: str | None = st.session_state.get(f"documents.upload.{project.project_id}")
    return found


def keep_upload(project: Project, upload_id: str | None) -> None:
    """Remember which upload waits; the uploader is emptied, and its memory is free."""
    st.session_state[f"documents.upload.{project.project_id}"] = upload_id
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def keep_import(project: Project, job_id: int) -> None:
    """Remember the import that was just started."""
    keep_upload(project, None)
    panel.keep(project, "documents.import", job_id)


def show_import(store: Store, project: Project) -> None:
    """Draw the import under way, and what the last one brought."""
    job = panel.show(store, project, "documents.import", ("import_documents",))
    if job is None or job.state is not JobState.SUCCEEDED:
        return
    if job.result.get("already"):
        st.info(_("This file was imported already; nothing was added twice."))
        return
    words = _("Imported {n} documents, {gold} with a gold label.").format(
        n=f"{job.result.get('n_documents', 0):,}", gold=f"{job.result.get('n_gold', 0):,}"
    )
    st.success(words, icon=":material/check_circle:")
    for sentence in job.result.get("skipped", ()):
        st.warning(plain(sentence), icon=":material/warning:")


def draw_actions(*, ready: bool) -> str | None:
    """Draw the buttons under the preview; return "import" or "drop" when pressed."""
    with st.container(horizontal=True):
        wanted = st.button(_("Import"), key="documents.import", type="primary", disabled=not ready)
        dropped = st.button(_("Choose another file"), key="documents.drop")
    return "import" if wanted else "drop" if dropped else None


def show_selection(words: str) -> None:
    """Draw which documents are selected, and the way back to all."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(plain(words), icon=":material/filter_alt:", width="stretch")
        navigation.link("documents", label=_("Show all"))


def draw_filter() -> tuple[DocumentFilter, int]:
    """Draw the filter above the list; return it and the page size."""
    words, split, size = st.columns([4, 2, 1], vertical_alignment="bottom")
    with words:
        text = st.text_input(
            _("Text contains"), key="documents.q", bind="query-params", placeholder=_("any text")
        )
    with split:
        chosen = st.selectbox(
            _("Split"),
            ["", *[s.value for s in Split]],
            format_func=lambda s: s or _("all"),
            key="documents.split",
            bind="query-params",
        )
    with size:
        rows = st.selectbox(_("Rows"), PAGE_SIZES, index=1, key="documents.size")
    return DocumentFilter(text=text, split=Split(chosen) if chosen else None), rows


def show_documents(page: DocumentPage, schema: LabelSchema) -> None:
    """Draw one page of documents as a table; texts are shown as they are."""
    if not page.rows:
        tables.nothing_found(_("document"))
        return
    _draw_table(page.rows, schema, key="documents.table", pick=False)


def draw_list(
    rows: Sequence[DocumentRow], schema: LabelSchema, total: int, *, key: str
) -> int | None:
    """Draw selected documents; return the id of the one that was picked."""
    if total > len(rows):
        st.caption(_("The first {n} of {total}.").format(n=len(rows), total=f"{total:,}"))
    picked = _draw_table(rows, schema, key=key, pick=True)
    return None if picked is None else rows[picked].document.doc_id


def _draw_table(
    found: Sequence[DocumentRow], schema: LabelSchema, *, key: str, pick: bool
) -> int | None:
    rows = [
        {
            "id": row.document.doc_id,
            "text": row.document.text,
            "split": row.document.split.value,
            "gold": schema.name_of(row.gold) if row.gold is not None else "",
            "weak label": schema.name_of(row.weak[0]) if row.weak else "",
            "probability": row.weak[1] if row.weak else None,
            "external id": row.document.external_id,
            **{
                name: "" if value is None else str(value)
                for name, value in row.document.metadata.items()
            },
        }
        for row in found
    ]
    metadata = [name for name in dict.fromkeys(n for row in rows for n in row) if name not in _OWN]
    columns = {
        "id": tables.number(_("id")),
        "text": tables.text(_("text"), width="large"),
        "split": tables.text(_("split"), width="small"),
        "gold": tables.text(_("gold")),
        "weak label": tables.text(_("weak label")),
        "probability": tables.share(_("probability")),
        "external id": tables.text(_("external id")),
        **{name: tables.text(name) for name in metadata},
    }
    return tables.draw_rows(rows, columns, key=key, pick=pick)


def show_histograms(found: Histograms, schema: LabelSchema) -> None:
    """Draw lengths, gold labels and splits side by side."""
    left, middle, right = st.columns([2, 2, 1])
    with left:
        figure = charts.histogram(
            found.length_edges, found.length_counts, title=_("length in characters")
        )
        charts.draw(figure, key="documents.lengths", alt=_("Histogram of text lengths"))
    with middle:
        if any(found.gold.values()):
            figure = charts.bars_by_label(found.gold, schema, title=_("gold labels"))
            charts.draw(figure, key="documents.gold", alt=_("Gold labels by name"))
        else:
            st.caption(_("No gold labels yet. They come with a file, or from Review."))
    with right:
        for split, count in found.splits.items():
            st.metric(split.value, f"{count:,}")


def draw_splits() -> SplitChoice | None:
    """Draw the form that deals documents into splits; return it when it was sent."""
    with st.form("documents.deal", border=False):
        dev, test, seed = st.columns(3)
        with dev:
            share = st.number_input(_("Dev, %"), 0, 90, 10, key="documents.dev")
        with test:
            rest = st.number_input(_("Test, %"), 0, 90, 20, key="documents.test")
        with seed:
            number = st.number_input(
                _("Seed"), 0, 2**31, 0, key="documents.seed", help=_("The same seed deals alike.")
            )
        st.caption(
            _(
                "Deals all documents anew; the rest is train. Documents with a gold label are "
                "dealt label by label, so that each split has its share."
            )
        )
        sent = st.form_submit_button(_("Deal splits"), key="documents.deal_now")
    return SplitChoice(share / 100, rest / 100, int(number)) if sent else None


def _show_label_values(preview: Preview, schema: LabelSchema, column: str) -> None:
    guessed = preview.mapping.label if preview.mapping else None
    if column != guessed:
        return
    unknown = [value for value, _count in preview.label_values if not schema.knows(value)]
    if unknown:
        st.warning(
            _("Not labels of this project: {values}. Its labels are {labels}.").format(
                values=plain(", ".join(unknown[:10])), labels=plain(schema.describe())
            ),
            icon=":material/warning:",
        )


def _optional(
    box: Any, title: str, columns: list[str], guess: str | None, *, key: str
) -> str | None:
    with box:
        chosen: str = st.selectbox(
            title,
            [NONE, *columns],
            index=_place(columns, guess) + 1 if guess else 0,
            key=f"documents.{key}",
        )
    return None if chosen == NONE else chosen


def _place(columns: list[str], name: str | None) -> int:
    return columns.index(name) if name in columns else 0


def _cell(value: object) -> str:
    return "" if value is None else short(str(value), 200)
