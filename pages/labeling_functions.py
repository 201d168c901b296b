import streamlit as st

from studio.core.users import Role
from studio.services import (
    documents,
    faults,
    function_table,
    history,
    labeling,
    ledger,
    lexicons,
    pairwise,
    pins,
    selections,
    slices,
    suggestions,
    trying,
    votes,
)
from studio.ui import frame
from studio.ui.parts import labeling_functions as parts

view = frame.open_page("labeling_functions", Role.VIEWER, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project
number = project.project_id

desk = parts.desk_of(project)
rows = function_table.list_functions(store, number)
around = parts.Surroundings(
    columns=store.documents.metadata_columns(number), choices=labeling.choices(store, number)
)

left, middle, right = parts.columns()
wishes: list[parts.Do] = []
with left, frame.shown_errors():
    tab = parts.draw_tabs(len(rows))
    if tab == "functions" and rows:
        wishes += parts.draw_apply(rows)
        parts.show_apply(store, project)
        here = votes.vote_on(store, number, desk.viewing) if desk.viewing is not None else None
        n_docs = store.documents.count(number)
        wishes += parts.draw_table(project, rows, desk, n_docs=n_docs, votes=here)
    elif tab == "functions":
        parts.show_nothing_yet()
    elif tab == "suggested":
        parts.show_suggesting(store, project)
        wishes += parts.draw_suggestions(project, suggestions.current(store, number))
    elif tab == "pairs":
        parts.show_comparing(store, project)
        wishes += parts.draw_pairwise(pairwise.view(store, number))
    elif tab == "lexicons":
        wishes += parts.draw_lexicons(
            lexicons.list_lexicons(store, number), lexicons.usage(store, number), desk
        )
    elif tab == "models":
        wishes += parts.draw_models(store, user, project, ledger.ledger(store, number))
    else:
        wishes += parts.draw_module(store, project, rows, desk)

with middle:
    draft = parts.draw_editor(project, desk, rows, around)
    wishes += parts.draw_actions(desk, draft, slices.choices(store, number))
    if draft.kind == "python":
        st.caption(labeling.sandbox_sentence(store))

with right, frame.shown_errors():
    side = parts.draw_sides(desk)
    if side == "trial":
        job = parts.show_job(store, project)
        trials = trying.result(store, job.job_id) if job and job.kind == "try_function" else None
        wishes += parts.show_result(store, job, trials, schema=project.schema, desk=desk)
    elif side == "documents":
        page = parts.page_number()
        ids = selections.resolve(store, number, desk.selection)
        words = selections.describe(store, number, desk.selection)
        shown = documents.rows_of(store, number, ids[parts.PAGE * (page - 1) : parts.PAGE * page])
        wishes += parts.show_documents(
            shown, len(ids), words=words, schema=project.schema, desk=desk
        )
    elif desk.editing is not None and side == "history":
        wishes += parts.show_history(history.history(store, number, desk.editing), desk.editing)
    elif desk.editing is not None and side == "pins":
        checks = pins.check(store, number, desk.editing)
        pinned = [check.pin.doc_id for check in checks]
        texts = dict(zip(pinned, store.documents.texts(number, pinned), strict=True))
        wishes += parts.show_pins(checks, texts, project.schema, desk)
    elif desk.editing is not None:
        report = faults.report(store, number, desk.editing)
        wishes += parts.show_faults(report, project.schema, desk)

with frame.shown_errors():
    for wish in wishes:
        parts.act(view, desk, draft, wish)
