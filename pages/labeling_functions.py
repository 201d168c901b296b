import streamlit as st

from studio.core.users import Role
from studio.services import applying, labeling, trying
from studio.ui import frame, session
from studio.ui.parts import labeling as parts
from studio.ui.text import _

view = frame.open_page("labeling_functions", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

rows = labeling.list_functions(store, project.project_id)
editing = parts.being_edited(rows)

editor, result = st.columns([1, 1], gap="large")
with editor:
    draft = parts.draw_editor(project, editing)
    if draft.kind == "python":
        st.caption(labeling.sandbox_sentence(store))
with result:
    st.subheader(_("What it would do"), anchor=False)
    job = parts.show_job(store, project)
    trials = trying.result(store, job.job_id) if job and job.kind == "try_function" else None
    parts.show_result(job, trials, project.schema)

st.subheader(_("Labeling functions"), anchor=False)
apply_now = wish = None
if rows:
    apply_now = parts.draw_apply(rows)
    parts.show_apply(store, project)
    wish = parts.draw_table(rows, project)
else:
    frame.empty_state(
        _("No labeling function yet"),
        _("Write one above: a keyword is enough to begin with. Try it, then save it."),
    )

with frame.shown_errors():
    if draft.wish == "try":
        options = parts.checked(draft)
        parts.keep_job(
            project,
            trying.start_try(store, user, project.project_id, kind=draft.kind, options=options),
        )
        st.rerun()
    if draft.wish == "new":
        parts.stop_editing()
        st.rerun()
    if draft.wish == "save" and draft.kind == "python":
        code = draft.options["code"]
        parts.keep_job(project, labeling.start_save_code(store, user, project.project_id, code))
        st.rerun()
    if draft.wish == "save":
        saved = labeling.save_function(
            store,
            user,
            project.project_id,
            kind=draft.kind,
            name=draft.name,
            options=parts.checked(draft),
            lf_id=draft.lf_id,
        )
        parts.stop_editing()
        session.notify(_("{name} is saved.").format(name=saved.name))
        st.rerun()
    if apply_now:
        parts.keep_apply(project, applying.start_apply(store, user, project.project_id))
        st.rerun()
    if wish is not None and wish.verb == "edit":
        parts.edit(wish.lf_id)
        st.rerun()
    if wish is not None and wish.verb == "toggle":
        labeling.set_enabled(store, user, wish.lf_id, wish.value)
        st.rerun()
    if wish is not None and wish.verb == "delete":
        labeling.delete_function(store, user, wish.lf_id)
        parts.remember_deleted(wish.lf_id)
        st.rerun()
    if wish is not None and wish.verb == "restore":
        labeling.restore_function(store, user, wish.lf_id)
        parts.remember_deleted(None)
        st.rerun()
