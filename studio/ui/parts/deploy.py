"""Drawn by the page Deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.runs import TrainingRun
from studio.exporters.base import labels_exporters
from studio.services.deploy import exported_file, format_names
from studio.storage.store import Store
from studio.ui.parts import panel, slices
from studio.ui.text import _

LEAD = "Take the labels and the model home, in formats that other tools read."
_KINDS = {"labels": ("export_labels",), "model": ("export_model",)}


@dataclass(frozen=True)
class LabelsChoice:
    """What the form for an export of labels holds."""

    format_name: str
    run_id: int | None
    slice_id: int | None


def draw_labels(
    store: Store, project: Project, runs: Sequence[TrainingRun]
) -> LabelsChoice | None:
    """Draw the form for an export of labels; return it when it was asked for."""
    with st.container(border=True):
        st.subheader(_("Labels"), anchor=False)
        st.caption(
            _(
                "One row a document: text, gold label, weak label with its probability, and the "
                "metadata. In CSV, cells that a spreadsheet would run as a formula are defused."
            )
        )
        chosen = st.selectbox(
            _("Format"),
            format_names(),
            format_func=lambda name: labels_exporters.get(name).title,
            key="deploy.format",
        )
        run = st.selectbox(
            _("Add the predictions of"),
            [None, *runs],
            format_func=lambda run: _("no run") if run is None else run.name,
            key="deploy.predictions",
        )
        slice_id = slices.draw_picker(store, project, key="deploy.slice", title=_("Export"))
        sent = st.button(_("Export labels"), key="deploy.labels", type="primary")
    return LabelsChoice(chosen, run.run_id if run else None, slice_id) if sent else None


def draw_model(runs: Sequence[TrainingRun]) -> int | None:
    """Draw the form for an export of a model; return the run's id when it was asked for."""
    with st.container(border=True):
        st.subheader(_("Model"), anchor=False)
        if not runs:
            st.caption(_("No run has a model yet. Train one first."))
            return None
        st.caption(
            _(
                "A zip of the model's folder. A fine-tuned one loads with AutoModelForSequence"
                "Classification, label names included; weights are safetensors."
            )
        )
        run = st.selectbox(_("Run"), runs, format_func=lambda run: run.name, key="deploy.run")
        difference = run.metrics.get("reload_difference")
        if difference is not None:
            st.caption(
                _(
                    "Reloaded in a fresh process, it gave the same probabilities (largest "
                    "difference {difference:.1e})."
                ).format(difference=difference)
            )
        sent = st.button(_("Pack the model"), key="deploy.model")
    return run.run_id if sent else None


def show_download(store: Store, project: Project, what: str) -> None:
    """Draw the export under way, then the button that downloads its file."""
    job = panel.show(store, project, f"deploy.{what}", _KINDS[what])
    if job is None or job.state is not JobState.SUCCEEDED:
        return
    path = exported_file(store, job.job_id)
    if path is None or not path.exists():
        st.caption(_("The file is no longer there. Export again."))
        return
    size = path.stat().st_size / 1e6
    st.download_button(
        _("Download {name} ({size:.1f} MB)").format(name=path.name, size=size),
        data=path.read_bytes,
        file_name=path.name,
        key=f"deploy.download.{what}",
        icon=":material/download:",
        on_click="ignore",
    )


def keep_job(project: Project, what: str, job_id: int) -> None:
    """Remember the export that was just started."""
    panel.keep(project, f"deploy.{what}", job_id)
