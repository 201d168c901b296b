"""Jobs of the page, and what it says where there is nothing yet."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.core.jobs import Job, JobState
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.services.trial_results import Trial
from studio.storage.store import Store
from studio.ui import frame, html
from studio.ui.parts import panel
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.parts.labeling_functions.preview import show_trials
from studio.ui.text import _, plain


def show_nothing_yet() -> None:
    """Say what to do where there is no function."""
    frame.empty_state(
        _("No labeling function yet"),
        _("Write one in the editor: a keyword is enough to begin with. Try it, then save it."),
    )


def show_job(store: Store, project: Project) -> Job | None:
    """Draw the trial or save under way."""
    return panel.show(store, project, "labeling", ("try_function", "save_code"))


def show_suggesting(store: Store, project: Project) -> None:
    """Draw the search for suggestions under way."""
    panel.show(store, project, "labeling.suggest", ("suggest_functions",))


def show_comparing(store: Store, project: Project) -> None:
    """Draw the comparison of all pairs under way."""
    panel.show(store, project, "labeling.pairs", ("pairwise",))


def show_result(
    store: Store,
    job: Job | None,
    trials: Sequence[Trial] | None,
    *,
    schema: LabelSchema,
    desk: Desk,
) -> list[Do]:
    """Draw what came of the last trial or save; return what was asked for."""
    if trials:
        return show_trials(store, trials, schema, desk)
    if job is not None and job.kind == "save_code" and job.state is JobState.SUCCEEDED:
        names = [str(name) for name in job.result.get("saved", ())]
        st.success(
            plain(_("Saved: {names}").format(names=", ".join(names))),
            icon=":material/check_circle:",
        )
        html.note(_("They vote on all documents now; the table fills by itself."))
    elif job is None:
        html.note(
            _(
                "Try the function: its hits, what it gets wrong, what it misses, and which "
                "combined labels would flip appear here."
            )
        )
    return []
