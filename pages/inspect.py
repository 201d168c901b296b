import streamlit as st

from studio.core.users import Role
from studio.services import inspect, training
from studio.ui import frame
from studio.ui.parts import inspect as parts
from studio.ui.text import _

view = frame.open_page("inspect", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

runs = training.finished(training.list_runs(store, project.project_id))
text = parts.text_of_document(store, project)

question = asked = picked = None
if runs:
    question = parts.draw_question(runs, project, text)
    picked = parts.draw_picker(store, project)
    asked = parts.show_pending(store, project)
    found = inspect.find_explanation(store, asked) if asked is not None else None
    if found is not None:
        parts.show_explanation(found, project)
    else:
        st.caption(_("The words that decide appear here."))
else:
    frame.empty_state(
        _("No model to ask yet"),
        _("Train one; then every prediction can be explained here."),
        page="training",
    )

with frame.shown_errors():
    if picked is not None and parts.take_document(picked):
        st.rerun()
    if question is not None:
        job_id = inspect.start_explain(
            store,
            user,
            project.project_id,
            run_id=question.run.run_id,
            text=question.text,
            label=question.label,
        )
        parts.keep_job(project, job_id)
        st.rerun()
