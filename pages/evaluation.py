import streamlit as st

from studio.core.users import Role
from studio.services import documents, evaluation, selections, slice_scores
from studio.ui import frame, navigation
from studio.ui.parts import browse as lists
from studio.ui.parts import evaluation as parts
from studio.ui.text import _, plain

view = frame.open_page("evaluation", Role.VIEWER, lead=parts.LEAD)
store, project = view.store, view.project

sources = evaluation.sources(store, project.project_id)

cell = None
if sources:
    keys, split = parts.draw_choice(sources)
    with frame.shown_errors():
        found = evaluation.evaluate(store, project.project_id, keys, split)
        if found:
            parts.show_scores(found)
            parts.show_slices(slice_scores.by_slice(store, project.project_id, found))
            cell = parts.draw_confusion(found, project, split)
else:
    frame.empty_state(
        _("Nothing to compare yet"),
        _("Fit a label model or train a model; both are judged here on the same documents."),
        page="training",
    )

with frame.shown_errors():
    if cell is not None:
        chosen = selections.resolve(store, project.project_id, cell)
        words = selections.describe(store, project.project_id, cell)
        st.subheader(plain(words), anchor=False)
        navigation.link("documents", label=_("Open as a list"), selection=cell)
        rows = documents.rows_of(store, project.project_id, chosen[: parts.MOST_SHOWN])
        picked = lists.draw_list(rows, project.schema, len(chosen), key="evaluation.documents")
        if picked is not None:
            navigation.go("inspect", project_id=project.project_id, document=str(picked))
