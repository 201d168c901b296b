import streamlit as st

from studio.core.users import Role
from studio.services import training, weak_labels
from studio.ui import frame
from studio.ui.parts import training as parts
from studio.ui.text import _

view = frame.open_page("training", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

runs = training.list_runs(store, project.project_id)
weak = weak_labels.current(store, project.project_id)

left, right = st.columns([1, 1], gap="large")
with left:
    choice = parts.draw_choice(store, project, weak is not None)
with right:
    preview = training.preview_training(
        store,
        project.project_id,
        targets=choice.targets,
        method=choice.method,
        options=choice.options,
        scope=choice.scope,
    )
    parts.show_preview(preview, project)
    start = parts.draw_start(preview, choice)
shown = parts.shown_run(runs)
if shown is not None:
    parts.show_live(store, shown)
picked = None
if runs:
    st.subheader(_("Runs"), anchor=False)
    picked = parts.draw_runs(runs)
else:
    frame.empty_state(
        _("No run yet"), _("Choose a method above and start; the loss appears here as it falls.")
    )

with frame.shown_errors():
    if start:
        run_id = training.start_training(
            store,
            user,
            project.project_id,
            method=choice.method,
            options=choice.options,
            targets=choice.targets,
            seed=choice.seed,
            name=choice.name,
            scope=choice.scope,
        )
        parts.show(run_id)
        st.rerun()
    if picked is not None and parts.show(picked):
        st.rerun()
