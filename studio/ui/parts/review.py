"""Drawn by the page Review."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from studio.core.documents import Split
from studio.core.projects import Project
from studio.core.users import User
from studio.services import review
from studio.storage.store import Store
from studio.ui import desks, html, navigation, tables
from studio.ui.components.review import review_card
from studio.ui.parts import slices
from studio.ui.parts.labeling_functions.desk import begin
from studio.ui.text import _, ago, plain, short

LEAD = (
    "Correct the labels that matter most. Everything can be done from the keyboard; ? shows how."
)


@dataclass(frozen=True)
class QueueChoice:
    """Which documents come in which order."""

    queue: str
    seed: int
    split: Split | None
    slice_id: int | None

    @property
    def name(self) -> str:
        """Tells the queues of one card apart."""
        parts = [self.queue, str(self.seed), self.split or "all"]
        return ".".join(parts if self.slice_id is None else [*parts, f"slice{self.slice_id}"])


def draw_queue(store: Store, project: Project) -> QueueChoice:
    """Draw the choice of a queue, a split and a slice."""
    names = review.queue_names()
    left, middle, part, right = st.columns([3, 1, 2, 1], vertical_alignment="bottom")
    with left:
        queue = st.selectbox(
            _("Queue"), names, format_func=review.queue_title, key="queue", bind="query-params"
        )
    with middle:
        split = st.selectbox(
            _("Split"),
            ["", *[s.value for s in Split]],
            format_func=lambda name: name or _("all"),
            key="review.split",
        )
    with right:
        seed = st.number_input(_("Seed"), 0, 2**31, 0, key="seed", bind="query-params")
    with part:
        slice_id = slices.draw_picker(store, project, key="review.slice")
    return QueueChoice(queue, int(seed), Split(split) if split else None, slice_id)


def show_desk(store: Store, user: User, project: Project, chosen: QueueChoice) -> None:
    """Draw the card, the progress and the last answers; an answer runs only this part."""
    st.fragment(_draw_desk)(store, user, project, chosen)


def _draw_desk(store: Store, user: User, project: Project, chosen: QueueChoice) -> None:
    number = project.project_id
    desk = desks.desk_of(
        store,
        user,
        number,
        queue=chosen.queue,
        seed=chosen.seed,
        split=chosen.split,
        slice_id=chosen.slice_id,
    )
    card, side = st.columns([3, 1], gap="large")
    with card:
        outcome = review_card(
            desk,
            key="review.card",
            scope=desks.scope_of(user, number),
            queue=chosen.name,
            schema=project.schema,
        )
        if outcome.problem:
            st.error(plain(outcome.problem), icon=":material/error:")
        if outcome.rule:
            begin(store, project, outcome.rule.text, outcome.rule.label)
            navigation.go("labeling_functions")
    with side:
        _show_progress(store, number)
        _show_recent(store, user, project)


def _show_progress(store: Store, project_id: int) -> None:
    done = review.progress(store, project_id)
    total = done.reviewed + done.imported + done.discarded + done.left
    st.progress(
        min(1.0, (total - done.left) / max(1, total)),
        text=_("{done} of {total} have an answer").format(
            done=f"{total - done.left:,}", total=f"{total:,}"
        ),
    )
    st.caption(
        _("{reviewed} reviewed, {imported} came with files, {discarded} discarded").format(
            reviewed=done.reviewed, imported=done.imported, discarded=done.discarded
        )
    )


def _show_recent(store: Store, user: User, project: Project) -> None:
    answers = review.recent(store, user, project.project_id)
    if not answers:
        return
    html.note(_("Last answers"))
    texts = store.documents.texts(project.project_id, [answer.doc_id for answer in answers])
    tables.draw_rows(
        [
            {
                "label": project.schema.names[answer.label]
                if answer.label is not None
                else answer.status.value,
                "text": short(text, 60),
                "when": ago(answer.at),
            }
            for answer, text in zip(answers, texts, strict=True)
        ],
        {
            "label": tables.text(_("label"), width="small"),
            "text": tables.text(_("text")),
            "when": tables.text(_("when"), width="small"),
        },
        key="review.recent",
    )
