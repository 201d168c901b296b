"""Drawn by the page Inspect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from studio.core.documents import DocumentFilter
from studio.core.explanations import Explanation
from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.runs import TrainingRun
from studio.services import documents
from studio.storage.store import Store
from studio.ui import html, session, tables
from studio.ui.parts import browse as lists
from studio.ui.parts import panel
from studio.ui.text import _, plain

LEAD = "Why the model says what it says, word by word (SHAP)."


PICKED_FROM = 50
"""Documents listed to pick from; the search finds the others."""


@dataclass(frozen=True)
class Question:
    """What to explain: a run, a text, and a label (None: the predicted one)."""

    run: TrainingRun
    text: str
    label: int | None


def draw_question(runs: Sequence[TrainingRun], project: Project, text: str) -> Question | None:
    """Draw run, text and label; return them when an explanation was asked for."""
    left, right = st.columns(2)
    with left:
        run = st.selectbox(_("Run"), runs, format_func=lambda run: run.name, key="inspect.run")
    with right:
        label = st.selectbox(
            _("Explain the label"),
            [None, *range(project.schema.cardinality)],
            format_func=lambda index: (
                _("the predicted one") if index is None else project.schema.names[index]
            ),
            key="inspect.label",
        )
    written = st.text_area(
        _("Text"),
        value=text,
        height=140,
        key=f"inspect.text.{hash(text)}",
        placeholder=_("Type or paste a text, or pick a document below."),
    )
    asked = st.button(_("Explain"), type="primary", key="inspect.explain")
    return Question(run, written, label) if asked else None


def show_explanation(found: Explanation, project: Project) -> None:
    """Draw probabilities, highlighted words, and the strongest words in both directions."""
    names, probs = project.schema.names, found.probs
    left, right = st.columns([3, 2], gap="large")
    dark = session.is_dark()
    with right:
        html.probabilities(project.schema, probs, dark=dark, top=10)
    with left:
        st.markdown(
            _(
                "Why **{label}**: an empty text would get {base:.2f}, this text gets "
                "**{value:.2f}**."
            ).format(label=plain(names[found.label]), base=found.base, value=probs[found.label])
        )
        html.attributions(found.text, found.spans, found.values, label=found.label, dark=dark)
        html.note(_("Shaded: speaks for the label. Dotted: speaks against it. Hover for values."))
        if found.n_read < found.n_tokens:
            html.note(
                _(
                    "{read} of {all} tokens were read; the rest is beyond the model's limit."
                ).format(read=found.n_read, all=found.n_tokens)
            )
        _show_strongest(found)


def _show_strongest(found: Explanation) -> None:
    words = [
        (found.text[start:end], value)
        for (start, end), value in zip(found.spans, found.values, strict=True)
    ]
    pushes = sorted(words, key=lambda word: -abs(word[1]))[:8]
    tables.draw_rows(
        [{"word": word, "effect": value} for word, value in pushes],
        {
            "word": tables.text(_("word")),
            "effect": tables.number(_("effect on the probability"), digits=3),
        },
        key="inspect.words",
    )


def text_of_document(store: Store, project: Project) -> str:
    """Return the text of the document in the address; "" without one."""
    asked = st.query_params.get("document", "")
    if not asked.isdecimal() or int(asked) >= store.documents.count(project.project_id):
        return ""
    return store.documents.texts(project.project_id, [int(asked)])[0]


def take_document(doc_id: int) -> bool:
    """Put a document into the address; return whether that changes anything."""
    if st.query_params.get("document") == str(doc_id):
        return False
    st.query_params["document"] = str(doc_id)
    return True


def draw_picker(store: Store, project: Project) -> int | None:
    """Draw a list to pick a document from; return the id of the one that was picked."""
    with st.expander(_("Pick a document"), key="inspect.pick"):
        words = st.text_input(_("Text contains"), key="inspect.search", placeholder=_("any text"))
        page = documents.page_of_documents(
            store, project.project_id, DocumentFilter(text=words), size=PICKED_FROM
        )
        return lists.draw_list(page.rows, project.schema, page.total, key="inspect.documents")


def show_pending(store: Store, project: Project) -> str | None:
    """Draw the explanation under way; return the key of a finished one."""
    job = panel.show(store, project, "inspect", ())
    if job is None or job.state is not JobState.SUCCEEDED:
        return None
    return str(job.result["key"])


def keep_job(project: Project, job_id: int) -> None:
    """Remember the explanation that was just asked for."""
    panel.keep(project, "inspect", job_id)
