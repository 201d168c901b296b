"""The job that a page is about: the one just started here, else one that is under way."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.core.jobs import Job
from studio.core.projects import Project
from studio.storage.store import Store
from studio.ui import jobs


def keep(project: Project, name: str, job_id: int) -> None:
    """Remember the job that a panel of this page shows, for this project."""
    st.session_state[_key(project, name)] = job_id


def forget(project: Project, name: str) -> None:
    """Show no ended job any more."""
    st.session_state.pop(_key(project, name), None)


def show(store: Store, project: Project, name: str, kinds: Sequence[str]) -> Job | None:
    """Draw the job of a panel and return it; None where there is none.

    A job that somebody else started, or that was started before a reload, is found in the
    database while it is under way.
    """
    job_id: int | None = st.session_state.get(_key(project, name))
    if job_id is None:
        active = store.jobs.list(project.project_id, active_only=True)
        job_id = next((job.job_id for job in active if job.kind in kinds), None)
        if job_id is None:
            return None
        keep(project, name, job_id)
    return jobs.show_job(store, job_id, key=f"{name}.job")


def _key(project: Project, name: str) -> str:
    return f"panel.{name}.{project.project_id}"
