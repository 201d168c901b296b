import streamlit as st

from studio.core.users import Role
from studio.services import weak_labels
from studio.ui import frame
from studio.ui.parts import weak_labels as parts
from studio.ui.text import _, plain

view = frame.open_page("weak_labels", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

rows = weak_labels.list_fits(store, project.project_id)
current = weak_labels.current(store, project.project_id)

fit = parts.draw_fit()
parts.show_job(store, project)
chosen = None
if rows:
    chosen = parts.draw_fits(rows)
    words = parts.verdict(rows)
    if words:
        st.info(plain(words), icon=":material/balance:")
    if current is not None:
        shown = next(row for row in rows if row.chosen)
        parts.show_labels(current, shown, project)
else:
    frame.empty_state(
        _("No weak labels yet"),
        _("Apply labeling functions first, then fit a label model on their votes."),
        page="labeling_functions",
    )

with frame.shown_errors():
    if fit is not None:
        job_id = weak_labels.start_fit(
            store, user, project.project_id, name=fit.name, options=fit.options, seed=fit.seed
        )
        parts.keep_job(project, job_id)
        st.rerun()
    if chosen is not None:
        weak_labels.choose_fit(store, user, project.project_id, chosen)
        st.rerun()
