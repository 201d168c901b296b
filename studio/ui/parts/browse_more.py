"""The rarer filters of documents, behind one button."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import streamlit as st

from studio.core.documents import DocumentFilter
from studio.core.filters import (
    Agreement,
    CellCondition,
    CellTest,
    RunCondition,
    RunState,
    VoteCondition,
    VoteState,
)
from studio.core.projects import Project
from studio.services import training
from studio.storage.store import Store
from studio.ui.parts import browse_state
from studio.ui.text import _, plain

_WITH_LABEL: Final = (VoteState.VOTED, VoteState.WRONG, VoteState.RIGHT)


def draw(store: Store, project: Project, query: DocumentFilter) -> None:
    """Draw the button and, behind it, all that a filter can ask beside text, split and labels."""
    with st.popover(_("More filters"), icon=":material/tune:", key="documents.more", width=170):
        _draw_text(query)
        _draw_confidence(query)
        _draw_functions(store, project, query)
        _draw_runs(store, project, query)
        _draw_cells(store, project, query)


def _draw_text(query: DocumentFilter) -> None:
    left, right = st.columns(2)
    for box, part, words in (
        (left, "case", _("Capitals count")),
        (right, "negate", _("Leave out what matches")),
    ):
        key = f"documents.{part}"
        browse_state.hold(key, getattr(query, part))
        with box:
            st.checkbox(
                words,
                key=key,
                disabled=not query.text,
                help=_("Needs a search text."),
                on_change=partial(_take, part, key),
            )


def _draw_confidence(query: DocumentFilter) -> None:
    low, high = query.confidence or (0.0, 1.0)
    key = "documents.confidence"
    browse_state.hold(key, (round(100 * low), round(100 * high)))
    st.slider(_("Probability of the weak label, %"), 0, 100, key=key, on_change=_take_confidence)


def _draw_functions(store: Store, project: Project, query: DocumentFilter) -> None:
    functions = store.functions.list(project.project_id)
    if not functions:
        return
    words = {
        None: _("whatever"),
        Agreement.DISAGREE: _("disagree"),
        Agreement.COVERED: _("voted, at least one"),
        Agreement.UNCOVERED: _("none voted"),
    }
    browse_state.hold("documents.agreement", query.agreement)
    st.selectbox(
        _("Labeling functions together"),
        list(words),
        format_func=lambda one: words[one],
        placeholder=words[None],
        key="documents.agreement",
        on_change=partial(_take, "agreement", "documents.agreement"),
    )
    names = {f.lf_id: f.name for f in functions}
    who, what, label, add = st.columns([3, 2, 2, 1], vertical_alignment="bottom")
    lf_id = who.selectbox(
        _("Labeling function"),
        list(names),
        format_func=lambda one: names.get(one, ""),
        key="documents.lf",
    )
    state = what.selectbox(
        _("Vote"),
        list(VoteState),
        format_func=lambda one: _vote_words()[one],
        key="documents.lf_state",
        help=_("Of failures, the first documents of each reason are known."),
    )
    chosen = _draw_label(project, label, key="lf_label", disabled=state not in _WITH_LABEL)
    ready = lf_id is not None and state is not None
    with add:
        st.button(
            _("Add"),
            key="documents.lf_add",
            disabled=not ready,
            on_click=lambda: browse_state.change(
                votes=_with(query.votes, VoteCondition(int(lf_id or 0), state, chosen))
            ),
        )


def _draw_runs(store: Store, project: Project, query: DocumentFilter) -> None:
    runs = training.finished(training.list_runs(store, project.project_id))
    if not runs:
        return
    names = {run.run_id: run.name for run in runs}
    who, what, label, add = st.columns([3, 2, 2, 1], vertical_alignment="bottom")
    run_id = who.selectbox(
        _("Training run"),
        list(names),
        format_func=lambda one: names.get(one, ""),
        key="documents.run",
    )
    state = what.selectbox(
        _("Decision"),
        list(RunState),
        index=list(RunState).index(RunState.WRONG),
        format_func=lambda one: _run_words()[one],
        key="documents.run_state",
        help=_("Runs have decided on dev and test documents."),
    )
    chosen = _draw_label(project, label, key="run_label", disabled=False)
    with add:
        st.button(
            _("Add"),
            key="documents.run_add",
            on_click=lambda: browse_state.change(
                runs=_with(query.runs, RunCondition(int(run_id), state, chosen))
            ),
        )


def _draw_cells(store: Store, project: Project, query: DocumentFilter) -> None:
    names = store.documents.metadata_columns(project.project_id)
    if not names:
        return
    which, what, value, add = st.columns([2, 2, 3, 1], vertical_alignment="bottom")
    column = which.selectbox(_("Metadata column"), names, key="documents.column")
    test = what.selectbox(
        _("Cell"), list(CellTest), format_func=lambda one: _cell_words()[one], key="documents.cell"
    )
    with value:
        asked = _draw_values(store, project, column, test)
    with add:
        st.button(
            _("Add"),
            key="documents.cell_add",
            on_click=lambda: browse_state.attempt(
                lambda: browse_state.change(
                    cells=_with(query.cells, CellCondition(column, test, **asked))
                )
            ),
        )


def _draw_values(store: Store, project: Project, column: str, test: CellTest) -> dict[str, Any]:
    key = f"documents.cell.{column}.{test.value}"
    if test is CellTest.BETWEEN:
        left, right = st.columns(2)
        low = left.number_input(_("From"), value=None, key=f"{key}.low")
        high = right.number_input(_("To"), value=None, key=f"{key}.high")
        return {"low": low, "high": high}
    if test is CellTest.CONTAINS:
        return {"values": (st.text_input(_("Words"), key=key),)}
    if test is not CellTest.EQUALS:
        return {}
    counts = store.documents.cell_counts(project.project_id, column)
    if not counts:
        return {"values": (st.text_input(_("Value"), key=key),)}
    chosen = st.multiselect(
        _("Any of"),
        list(counts),
        format_func=lambda one: plain(f"{one} ({counts[one]:,})" if one in counts else str(one)),
        key=key,
    )
    return {"values": tuple(chosen)}


def _draw_label(project: Project, box: Any, *, key: str, disabled: bool) -> int | None:
    schema = project.schema
    found = box.selectbox(
        _("Label"),
        [None, *range(schema.cardinality)],
        format_func=lambda one: _("any") if one is None else schema.names[one],
        placeholder=_("any"),
        key=f"documents.{key}",
        disabled=disabled,
    )
    return None if disabled else found


def _take(part: str, key: str) -> None:
    browse_state.change(**{part: st.session_state[key]})


def _take_confidence() -> None:
    low, high = st.session_state["documents.confidence"]
    browse_state.change(confidence=None if (low, high) == (0, 100) else (low / 100, high / 100))


def _with(known: tuple[Any, ...], new: Any) -> tuple[Any, ...]:
    return known if new in known else (*known, new)


def _vote_words() -> dict[VoteState, str]:
    return {
        VoteState.VOTED: _("voted"),
        VoteState.ABSTAINED: _("abstained"),
        VoteState.WRONG: _("was wrong"),
        VoteState.RIGHT: _("was right"),
        VoteState.FAULTED: _("failed"),
    }


def _run_words() -> dict[RunState, str]:
    return {
        RunState.DECIDED: _("decided"),
        RunState.WRONG: _("got it wrong"),
        RunState.RIGHT: _("got it right"),
    }


def _cell_words() -> dict[CellTest, str]:
    return {
        CellTest.EQUALS: _("is any of"),
        CellTest.CONTAINS: _("contains"),
        CellTest.BETWEEN: _("is from … to"),
        CellTest.EMPTY: _("is empty"),
        CellTest.FILLED: _("is not empty"),
    }
