from dataclasses import replace

import streamlit as st

from studio.core.users import Role
from studio.services import documents, importing, selections
from studio.ui import frame, tables
from studio.ui.parts import documents as parts
from studio.ui.text import _, plain

view = frame.open_page("documents", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

total = store.documents.count(project.project_id)
staged = parts.staged_upload(project)
selection = st.query_params.get("selection")

mapping = deal = file = wish = None
if staged is None:
    parts.show_import(store, project)
    with st.expander(_("Add documents"), expanded=not total, key="documents.add"):
        file = parts.draw_uploader()
else:
    with st.container(border=True, key="documents.staged"):
        with frame.shown_errors():
            found = importing.detect_upload(store, staged)
            st.markdown(parts.headline(store.uploads.get(staged).name, found.note))
            format_name, reading = parts.draw_format(found.format, found.options)
            preview = importing.preview_upload(
                store, staged, format_name=format_name, options=reading.values
            )
            mapping = parts.draw_mapping(preview, project.schema)
        wish = parts.draw_actions(ready=mapping is not None)

if total:
    with st.expander(_("At a glance"), expanded=selection is None, key="documents.glance"):
        parts.show_histograms(documents.histograms(store, project.project_id), project.schema)
    with st.expander(_("Splits"), key="documents.splits"):
        deal = parts.draw_splits()
    query, size = parts.draw_filter()
    with frame.shown_errors():
        if selection:
            chosen = selections.resolve(store, project.project_id, selection)
            parts.show_selection(selections.describe(store, project.project_id, selection))
            query = replace(query, doc_ids=tuple(chosen.tolist()))
        first = documents.page_of_documents(store, project.project_id, query, size=size)
        number = tables.page_turner(first.n_pages, first.total, key="page")
        page = documents.page_of_documents(
            store, project.project_id, query, page=number, size=size
        )
        parts.show_documents(page, project.schema)
elif staged is None:
    frame.empty_state(
        _("No documents yet"),
        _("Upload a file above. Every common format of tables and texts is understood."),
    )

with frame.shown_errors():
    if file is not None:
        upload = importing.stage_upload(
            store, user, project.project_id, name=file.name, stream=file
        )
        parts.keep_upload(project, upload.upload_id)
        st.rerun()
    if staged and wish == "drop":
        importing.drop_upload(store, user, staged)
        parts.keep_upload(project, None)
        st.rerun()
    if staged and wish == "import" and mapping is not None:
        job_id = importing.start_import(
            store,
            user,
            project.project_id,
            upload_id=staged,
            format_name=format_name,
            options=reading.values,
            mapping=mapping,
        )
        parts.keep_import(project, job_id)
        st.rerun()
    if deal is not None:
        counts = documents.split_documents(
            store, user, project.project_id, dev=deal.dev, test=deal.test, seed=deal.seed
        )
        st.toast(plain(", ".join(f"{split.value}: {n:,}" for split, n in counts.items())))
        st.rerun()
