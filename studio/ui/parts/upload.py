"""Drawn by the page Documents: where texts come from, what format they have, what is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from studio.core.documents import ColumnMapping, Split
from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.importers.base import Preview, importers
from studio.importers.sources.base import sources
from studio.services.sources import KIND, fetched_upload
from studio.storage.store import Store
from studio.ui import forms, tables
from studio.ui.parts import panel
from studio.ui.text import _, plain, short

NONE: Final = "—"
UPLOADS: Final = "documents.uploads"
FILES: Final = "files"
FOLDER: Final = "folder"
_LISTED_VOTES: Final = 20


@dataclass(frozen=True)
class Given:
    """What somebody just handed in: files, or a source with its options and its secret."""

    files: tuple[Any, ...] = ()
    source: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


def draw_ways() -> Given:
    """Draw the ways by which texts come in; return what was handed in, empty for nothing."""
    titles = {FILES: _("Files"), FOLDER: _("Folder")}
    titles |= {name: _(sources.get(name).title) for name in sources.names()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            _("From"),
            list(titles),
            default=FILES,
            format_func=titles.__getitem__,
            key="documents.way",
        )
        with st.popover(
            _("Formats and examples"), icon=":material/help:", key="documents.formats"
        ):
            _draw_examples()
    if way in (None, FILES, FOLDER):
        return Given(files=tuple(_draw_uploader(way or FILES)))
    return _draw_source(str(way))


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
    _show_votes(preview.vote_columns)
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


def draw_actions(*, ready: bool) -> str | None:
    """Draw the buttons under the preview; return "import" or "drop" when pressed."""
    with st.container(horizontal=True):
        wanted = st.button(_("Import"), key="documents.import", type="primary", disabled=not ready)
        dropped = st.button(_("Choose another file"), key="documents.drop")
    return "import" if wanted else "drop" if dropped else None


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


def keep_fetch(project: Project, job_id: int) -> None:
    """Remember the fetching that was just started."""
    panel.keep(project, "documents.fetch", job_id)


def show_fetch(store: Store, project: Project) -> None:
    """Draw the fetching under way; what it brought is then staged as an uploaded file is."""
    job = panel.show(store, project, "documents.fetch", (KIND,))
    if job is None or job.state is not JobState.SUCCEEDED:
        return
    panel.forget(project, "documents.fetch")
    for note in job.result.get("notes", ()):
        st.toast(plain(note))
    upload_id = fetched_upload(store, job.job_id)
    if upload_id is not None:
        keep_upload(project, upload_id)
        st.rerun()


def _draw_examples() -> None:
    for importer in importers.members():
        st.markdown(f"**{plain(_(importer.title))}** · {plain(_(importer.summary))}")
        st.code(importer.example, language=None, wrap_lines=True)
    st.caption(_("Text files may be compressed with gzip, bzip2 or xz."))


def _draw_uploader(way: str) -> Sequence[Any]:
    number = st.session_state.get(UPLOADS, 0)
    if way == FOLDER:
        found = st.file_uploader(
            _("A folder: its text files are documents, or its tables follow each other"),
            accept_multiple_files="directory",
            key=f"documents.folder.{number}",
        )
    else:
        found = st.file_uploader(
            _("Files of texts: tables, JSON, Parquet, Excel, plain text, or a zip archive"),
            accept_multiple_files=True,
            key=f"documents.file.{number}",
            help=_("Several files of one format are read one after the other."),
        )
    return found or ()


def _draw_source(name: str) -> Given:
    source = sources.get(name)
    st.caption(plain(_(source.summary)))
    st.code(source.example, language=None, wrap_lines=True)
    with st.form(f"documents.source.{name}", border=False):
        filled = forms.draw_options(source.Options, key=f"documents.source.{name}")
        secret = ""
        if source.secret_title:
            secret = st.text_input(
                _(source.secret_title),
                type="password",
                key=f"documents.source.{name}.secret",
                help=_(source.secret_help),
                autocomplete="off",
            )
        sent = st.form_submit_button(_("Fetch"), key=f"documents.source.{name}.fetch")
    return Given(source=name, options=filled.values, secret=secret or "") if sent else Given()


def _show_votes(columns: Sequence[str]) -> None:
    if not columns:
        return
    names = ", ".join(columns[:_LISTED_VOTES])
    if len(columns) > _LISTED_VOTES:
        names = _("{names} and {n} more").format(names=names, n=len(columns) - _LISTED_VOTES)
    words = _("These columns become labeling functions of the kind votes: {names}")
    st.info(words.format(names=plain(names)), icon=":material/how_to_vote:")


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
