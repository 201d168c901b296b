import streamlit as st

from studio.core.users import Role
from studio.services import deploy, training
from studio.ui import frame
from studio.ui.parts import deploy as parts

view = frame.open_page("deploy", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

runs = training.finished(training.list_runs(store, project.project_id))

left, right = st.columns(2, gap="large")
with left:
    labels = parts.draw_labels(store, project, runs)
    parts.show_download(store, project, "labels")
with right:
    model = parts.draw_model(runs)
    parts.show_download(store, project, "model")

with frame.shown_errors():
    if labels is not None:
        job_id = deploy.start_export_labels(
            store,
            user,
            project.project_id,
            format_name=labels.format_name,
            run_id=labels.run_id,
            slice_id=labels.slice_id,
        )
        parts.keep_job(project, "labels", job_id)
        st.rerun()
    if model is not None:
        job_id = deploy.start_export_model(store, user, project.project_id, model)
        parts.keep_job(project, "model", job_id)
        st.rerun()
