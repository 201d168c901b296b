"""Jobs on a page: how far they are, how long they still need, and a button that stops them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from studio.core.jobs import Job, JobState
from studio.jobs.queue import cancel
from studio.storage.store import Store
from studio.ui.text import _, ago, duration, plain

POLL_SECONDS: Final = 1.0
ACTIVITY_SECONDS: Final = 3.0
PATIENCE: Final = timedelta(seconds=15)
"""How long a job may wait for a worker before the page says that something is wrong."""

_TITLES: Final = {
    "import_documents": "Importing documents",
    "apply_functions": "Applying labeling functions",
    "fetch_documents": "Fetching documents",
    "check_documents": "Checking documents",
    "embed_documents": "Embedding documents",
    "suggest_functions": "Looking for functions to suggest",
    "fit_label_model": "Fitting the label model",
    "try_function": "Trying a labeling function",
    "save_code": "Reading labeling functions",
    "preview_module": "Looking into the module",
    "import_module": "Importing the module",
    "test_endpoint": "Testing the endpoint",
    "train": "Training",
    "explain": "Explaining",
    "export_labels": "Exporting labels",
    "export_model": "Packing the model",
}


def title_of(job: Job) -> str:
    """Return what a job does, in words."""
    return _(_TITLES.get(job.kind, job.kind.replace("_", " ").capitalize()))


def show_job(store: Store, job_id: int, *, key: str) -> Job:
    """Draw a job, live until its end, and return it as it stands.

    While it goes on, the panel asks the database once a second; at its end the whole page runs
    once more, so that results appear, and the asking stops. Nothing is drawn for a job that
    succeeded: its result speaks.

    Parameters
    ----------
    key
        Prefix of the widgets' keys, ``"page.panel"``.
    """
    job = store.jobs.get(job_id)
    if job.state.is_finished:
        _draw_end(job)
        return job
    panel = st.fragment(_live, run_every=POLL_SECONDS)
    panel(store, job_id, key)
    return job


def draw_activity(store: Store, project_id: int) -> None:
    """Draw the project's work in progress into the sidebar; nothing where there is none."""
    if store.jobs.list(project_id, active_only=True, limit=1):
        with st.sidebar:
            st.fragment(_activity, run_every=ACTIVITY_SECONDS)(store, project_id)


def remaining_seconds(job: Job, now: datetime) -> float | None:
    """Return how long a running job still needs if it goes on at its pace; None if too early."""
    if job.started_at is None or job.progress < 0.03:
        return None
    elapsed = (now - job.started_at).total_seconds()
    return elapsed * (1 - job.progress) / job.progress


def _live(store: Store, job_id: int, key: str) -> None:
    job = store.jobs.get(job_id)
    if job.state.is_finished:
        st.rerun()
    with st.container(border=True):
        words, button = st.columns([6, 1], vertical_alignment="center")
        words.progress(min(1.0, job.progress), text=plain(_headline(job)))
        stop = button.button(
            _("Stopping…") if job.cancel_requested else _("Stop"),
            key=f"{key}.stop.{job_id}",
            disabled=job.cancel_requested,
            icon=":material/stop_circle:",
            width="stretch",
        )
        if stop:
            cancel(store, job_id)
            st.rerun(scope="fragment")
        if waits_in_vain(store, job, datetime.now(UTC)):
            st.warning(
                _(
                    "No worker is running, so nothing does this work. Start one with "
                    "`python -m studio worker`, or run the studio without STUDIO_WORKER=external."
                ),
                icon=":material/warning:",
            )


def waits_in_vain(store: Store, job: Job, now: datetime) -> bool:
    """Return whether a job has waited long and no worker gave a sign of life of late."""
    if job.state is not JobState.QUEUED or job.created_at is None:
        return False
    if now - job.created_at < PATIENCE:
        return False
    return not any(beat.age < timedelta(minutes=1) for beat in store.workers.list())


def _headline(job: Job) -> str:
    if job.state is JobState.QUEUED:
        return f"{title_of(job)} · " + _("waiting for its turn")
    parts = [title_of(job), job.message]
    now = datetime.now(UTC)
    if job.started_at is not None:
        elapsed = duration((now - job.started_at).total_seconds())
        parts.append(_("{time} so far").format(time=elapsed))
    left = remaining_seconds(job, now)
    if left is not None:
        parts.append(_("about {time} left").format(time=duration(left)))
    return " · ".join(part for part in parts if part)


def _draw_end(job: Job) -> None:
    if job.state is JobState.FAILED:
        category = f" ({job.category})" if job.category else ""
        st.error(plain(f"{title_of(job)}{category}: {job.error or ''}"), icon=":material/error:")
    elif job.state is JobState.CANCELED:
        st.info(
            _("{title} was stopped {when}.").format(
                title=title_of(job), when=ago(job.finished_at)
            ),
            icon=":material/stop_circle:",
        )
    elif job.state is JobState.INTERRUPTED:
        st.warning(
            _("{title} was interrupted {when}; start it again.").format(
                title=title_of(job), when=ago(job.finished_at)
            ),
            icon=":material/warning:",
        )


def _activity(store: Store, project_id: int) -> None:
    active = store.jobs.list(project_id, active_only=True, limit=3)
    if not active:
        st.rerun()
    st.caption(_("In progress"))
    for job in active:
        st.progress(min(1.0, job.progress), text=plain(title_of(job)))
