"""Drawn by the page Documents."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.services.documents import Histograms
from studio.storage.store import Store
from studio.ui import charts
from studio.ui.parts import panel, quality, upload
from studio.ui.text import _, plain

LEAD = "The texts of the project. Upload more at any time; what is there keeps its number."


@dataclass(frozen=True)
class SplitChoice:
    """What the form for a new deal of splits holds; shares in ``[0, 1]``."""

    dev: float
    test: float
    seed: int


def keep_import(project: Project, job_id: int) -> None:
    """Remember the import that was just started."""
    upload.keep_upload(project, None)
    panel.keep(project, "documents.import", job_id)


def show_import(store: Store, project: Project) -> None:
    """Draw the import under way, and what the last one brought."""
    job = panel.show(store, project, "documents.import", ("import_documents",))
    if job is None or job.state is not JobState.SUCCEEDED:
        return
    if job.result.get("already"):
        st.info(_("This file was imported already; nothing was added twice."))
        return
    words = _("Imported {n} documents, {gold} with a gold label.").format(
        n=f"{job.result.get('n_documents', 0):,}", gold=f"{job.result.get('n_gold', 0):,}"
    )
    st.success(words, icon=":material/check_circle:")
    quality.show_import(project, job.result)
    for sentence in job.result.get("skipped", ()):
        st.warning(plain(sentence), icon=":material/warning:")


def show_histograms(found: Histograms, schema: LabelSchema) -> None:
    """Draw lengths, gold labels and splits side by side."""
    left, middle, right = st.columns([2, 2, 1])
    with left:
        figure = charts.histogram(
            found.length_edges, found.length_counts, title=_("length in characters")
        )
        charts.draw(figure, key="documents.lengths", alt=_("Histogram of text lengths"))
    with middle:
        if any(found.gold.values()):
            figure = charts.bars_by_label(found.gold, schema, title=_("gold labels"))
            charts.draw(figure, key="documents.gold", alt=_("Gold labels by name"))
        else:
            st.caption(_("No gold labels yet. They come with a file, or from Review."))
    with right:
        for split, count in found.splits.items():
            st.metric(split.value, f"{count:,}")


def draw_splits() -> SplitChoice | None:
    """Draw the form that deals documents into splits; return it when it was sent."""
    with st.form("documents.deal", border=False):
        dev, test, seed = st.columns(3)
        with dev:
            share = st.number_input(_("Dev, %"), 0, 90, 10, key="documents.dev")
        with test:
            rest = st.number_input(_("Test, %"), 0, 90, 20, key="documents.test")
        with seed:
            number = st.number_input(
                _("Seed"), 0, 2**31, 0, key="documents.seed", help=_("The same seed deals alike.")
            )
        st.caption(
            _(
                "Deals all documents anew; the rest is train. Documents with a gold label are "
                "dealt label by label, so that each split has its share."
            )
        )
        sent = st.form_submit_button(_("Deal splits"), key="documents.deal_now")
    return SplitChoice(share / 100, rest / 100, int(number)) if sent else None
