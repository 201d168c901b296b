"""Try a labeling function before it is saved: on a sample, against gold, pins and the others."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid, NotFound
from studio.core.functions import LabelingFunction
from studio.core.jobs import Job, JobState, Progress
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.base import Limits, kinds
from studio.labeling.sandbox import discover
from studio.services import labeling, resources, slices
from studio.services.trial_results import (
    CHIPS,
    Trial,
    TrialDoc,
    documents,
    from_json,
    to_json,
)
from studio.services.trial_run import Trying
from studio.storage.store import Store

__all__ = ["CHIPS", "UNNAMED", "Trial", "TrialDoc", "documents", "result", "start_try"]

SAMPLE_SIZE = 2000
UNNAMED = "trial"
"""What a function is called that has no name yet."""


def start_try(
    store: Store,
    actor: User,
    project_id: int,
    *,
    kind: str,
    options: Mapping[str, Any],
    lf_id: int | None = None,
    slice_id: int | None = None,
    sample_size: int = SAMPLE_SIZE,
    seed: int = 0,
) -> int:
    """Queue a trial and return the job's id.

    Parameters
    ----------
    kind, options
        The draft, as the editor holds it.
    lf_id
        The function that is edited: the draft is compared with it, and its pins are run. A
        Python function replaces the one of its name, as saving does.
    slice_id
        Try on the documents of a slice only.
    sample_size
        Documents to try on. All gold ones that fit in half of it take part, the rest is drawn.
    seed
        Of the draw.

    Raises
    ------
    Invalid
        If the options are wrong, the code is not Python, or there are no documents.
    NotFound
        If the project has no such function.
    """
    actor.require(Role.EDITOR)
    if kind == "python":
        labeling.check_syntax(str(options.get("code", "")))
        values = {name: value for name, value in options.items() if name != "function"}
    else:
        values = labeling.check_options(store, project_id, kind, options)
    if lf_id is not None and lf_id not in {f.lf_id for f in store.functions.list(project_id)}:
        raise NotFound(f"The project has no labeling function {lf_id}. Choose one of its table.")
    if not store.documents.count(project_id):
        raise Invalid("There are no documents to try it on. Upload some on the page Documents.")
    spec = {
        "kind": kind,
        "options": values,
        "lf_id": lf_id,
        "slice_id": slice_id,
        "size": sample_size,
        "seed": seed,
    }
    return enqueue(store, "try_function", spec, project_id=project_id, actor=actor.name)


@handles("try_function", lane="interactive")
def run_try(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Run the draft on the sample; the result is a :class:`Trial` a function, as JSON."""
    assert job.project_id is not None
    drafts = _drafts(store, job.project_id, job.spec)
    every = _drawn_from(store, job.project_id, job.spec["slice_id"])
    most = kinds.get(job.spec["kind"]).trial_docs
    size = min(job.spec["size"], most or job.spec["size"])
    ids = _sample(store, job.project_id, every, size=size, seed=job.spec["seed"])
    deadline = time.monotonic() + _FLIP_SECONDS
    trials = []
    for done, (draft, old) in enumerate(drafts):

        def report(fraction: float, message: str = "", done: int = done) -> None:
            progress((done + fraction) / len(drafts), message)

        trying = Trying(store, job.project_id, draft, old, progress=report)
        may_take = max(0.0, deadline - time.monotonic()) if most is None else 0.0
        trials.append(trying.run(ids, seconds_for_flips=may_take, share=len(drafts)))
    return {"trials": [to_json(trial) for trial in trials]}


_FLIP_SECONDS = 20.0
"""How long a trial may take to vote on all documents; a slower draft is compared on the sample."""


def result(store: Store, job_id: int) -> list[Trial] | None:
    """Return the trials of a finished job; None while it runs or if it failed."""
    job = store.jobs.get(job_id)
    if job.state is not JobState.SUCCEEDED or job.project_id is None:
        return None
    return [from_json(store, job.project_id, raw) for raw in job.result["trials"]]


def _drafts(
    store: Store, project_id: int, spec: Mapping[str, Any]
) -> list[tuple[LabelingFunction, LabelingFunction | None]]:
    """Return each function to try, with the saved one that it would replace."""
    kind, options, lf_id = spec["kind"], spec["options"], spec["lf_id"]
    saved = resources.functions_of(store, project_id)
    if kind != "python":
        old = next((f for f in saved if f.lf_id == lf_id), None) if lf_id is not None else None
        return [(LabelingFunction(old.name if old else UNNAMED, kind, options), old)]
    schema = store.projects.get(project_id).schema
    names = discover(
        options["code"],
        schema.names,
        limits=Limits(),
        policy=store.settings.code_policy,
        lexicons=resources.lexicons_in(store, project_id, options["code"]),
    )
    if not names:
        raise Invalid(
            "The code defines no labeling function. Write @labeling_function() above a "
            "function that takes a document x and returns a label or ABSTAIN."
        )
    by_name = {f.name: f for f in saved}
    return [
        (LabelingFunction(name, "python", {**options, "function": name}), by_name.get(name))
        for name in names
    ]


def _drawn_from(store: Store, project_id: int, slice_id: int | None) -> NDArray[np.int64]:
    """Return the documents to draw the sample from, ascending."""
    if slice_id is None:
        return np.arange(store.documents.count(project_id), dtype=np.int64)
    ids = np.flatnonzero(slices.mask(store, project_id, slice_id)).astype(np.int64)
    if not len(ids):
        raise Invalid("The slice has no document now. Choose another one, or all documents.")
    return ids


def _sample(
    store: Store, project_id: int, every: NDArray[np.int64], *, size: int, seed: int
) -> NDArray[np.int64]:
    """Return document ids: all gold ones that fit in half the sample, the rest at random."""
    if len(every) <= size:
        return every
    rng = np.random.default_rng(seed)
    is_gold = store.annotations.gold(project_id)[every] != ABSTAIN
    gold = rng.permutation(every[is_gold])[: max(1, size // 2)]
    # All documents can be drawn, gold or not, so that shares are those of the documents.
    others = np.setdiff1d(every, gold, assume_unique=True)
    drawn = rng.choice(others, size - len(gold), replace=False)
    chosen: NDArray[np.int64] = np.sort(np.concatenate([gold, drawn]))
    return chosen
