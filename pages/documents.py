import streamlit as st

from studio.core.users import Role
from studio.services import documents, importing, sources
from studio.ui import frame, session
from studio.ui.parts import browse, quality, upload
from studio.ui.parts import documents as parts
from studio.ui.text import _, plain

view = frame.open_page("documents", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

total = store.documents.count(project.project_id)
staged = upload.staged_upload(project)

mapping = deal = wish = check = None
given = upload.Given()
if staged is None:
    parts.show_import(store, project)
    upload.show_fetch(store, project)
    with st.expander(_("Add documents"), expanded=not total, key="documents.add"):
        given = upload.draw_ways()
else:
    with st.container(border=True, key="documents.staged"):
        with frame.shown_errors():
            found = importing.detect_upload(store, staged)
            st.markdown(upload.headline(store.uploads.get(staged).name, found.note))
            format_name, reading = upload.draw_format(found.format, found.options)
            preview = importing.preview_upload(
                store, staged, format_name=format_name, options=reading.values
            )
            mapping = upload.draw_mapping(preview, project.schema)
            choices = quality.draw_choices()
        wish = upload.draw_actions(ready=mapping is not None)

if total:
    glance = not browse.is_narrowed() and project.schema.cardinality <= 12
    with st.expander(_("At a glance"), expanded=glance, key="documents.glance"):
        parts.show_histograms(documents.histograms(store, project.project_id), project.schema)
    with st.expander(_("Splits"), key="documents.splits"):
        deal = parts.draw_splits()
    with st.expander(_("Check documents"), key="documents.check"):
        check = quality.draw_panel(store, project)
    browse.show(store, user, project)
elif staged is None:
    frame.empty_state(
        _("No documents yet"),
        _("Upload a file above. Every common format of tables and texts is understood."),
    )

with frame.shown_errors():
    if given.files:
        files = [(file.name, file) for file in given.files]
        new = importing.stage_uploads(store, user, project.project_id, files=files)
        upload.keep_upload(project, new.upload_id)
        st.rerun()
    if given.source:
        fetching = sources.start_fetch(
            store,
            user,
            project.project_id,
            source=given.source,
            options=given.options,
            secret=given.secret,
        )
        upload.keep_fetch(project, fetching)
        st.rerun()
    if staged and wish == "drop":
        importing.drop_upload(store, user, staged)
        upload.keep_upload(project, None)
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
            choices=choices,
        )
        parts.keep_import(project, job_id)
        st.rerun()
    if check is not None:
        sentence = quality.carry_out(store, user, project, check)
        session.notify(sentence or _("The check has begun."))
        st.rerun()
    if deal is not None:
        counts = documents.split_documents(
            store, user, project.project_id, dev=deal.dev, test=deal.test, seed=deal.seed
        )
        st.toast(plain(", ".join(f"{split.value}: {n:,}" for split, n in counts.items())))
        st.rerun()
