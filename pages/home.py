import streamlit as st

from studio.core.users import Role
from studio.services import projects
from studio.ui import frame, navigation, session
from studio.ui.parts import home
from studio.ui.text import _

view = frame.open_page("home", Role.VIEWER, lead=home.LEAD, needs_project=False)

cards = projects.list_projects(view.store)

left, right = st.columns([3, 2], gap="large")
with left:
    if not cards:
        frame.empty_state(
            _("No project yet"), _("Create one on the right, or open the sample project.")
        )
    wishes = {card.project.project_id: home.draw_card(card) for card in cards}
    back = home.draw_restore(st.session_state.get("home.deleted"))
with right:
    sample = home.draw_sample_button()
    new = home.draw_new_project()

with frame.shown_errors():
    if sample:
        number = projects.create_sample_project(view.store, view.user)
        navigation.go("labeling_functions", project_id=number)
    if new is not None:
        number = projects.create_project(view.store, view.user, name=new.name, labels=new.labels)
        navigation.go("documents", project_id=number)
    if back is not None:
        projects.restore_project(view.store, view.user, back)
        st.session_state.pop("home.deleted")
        st.rerun()
    for card in cards:
        number, wish = card.project.project_id, wishes[card.project.project_id]
        if wish == "open":
            navigation.go("documents", project_id=number)
        if wish == "next":
            navigation.go(card.next_step.page, project_id=number)
        if wish == "rename":
            asked = st.session_state[home.name_key(number)]
            projects.rename_project(view.store, view.user, number, asked)
            st.rerun()
        if wish == "delete":
            projects.delete_project(view.store, view.user, number)
            st.session_state["home.deleted"] = number
            session.notify(_("The project was put away."))
            st.rerun()
