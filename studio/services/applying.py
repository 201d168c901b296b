"""Apply labeling functions to documents; only what is missing is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.core.errors import Invalid, StudioError
from studio.core.functions import LabelingFunction
from studio.core.jobs import Job, Progress
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.services import function_table, pins, resources
from studio.services.pieces import Application, cut, n_cores
from studio.storage.store import Store


def start_apply(
    store: Store, actor: User, project_id: int, lf_ids: Sequence[int] | None = None
) -> int:
    """Queue the application of labeling functions (all enabled ones by default); return the job.

    Only what is missing is computed: an unchanged function on unchanged documents costs nothing.
    """
    actor.require(Role.EDITOR)
    if not store.functions.list(project_id):
        raise Invalid("There is no labeling function yet. Write one first.")
    if not store.documents.count(project_id):
        raise Invalid("There are no documents yet. Upload some on the page Documents.")
    spec = {"lf_ids": list(lf_ids) if lf_ids is not None else None}
    return enqueue(store, "apply_functions", spec, project_id=project_id, actor=actor.name)


@handles("apply_functions", lane="work")
def run_apply(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Apply labeling functions to all documents that they have not voted on.

    Returns
    -------
    Mapping[str, Any]
        ``functions`` that were asked for, ``computed`` shards, ``faults``: documents that
        failed, ``pins`` of these functions and ``pins_broken`` by their votes, and ``failed``:
        names of functions that could not vote at all, with the reason.
    """
    assert job.project_id is not None
    wanted = job.spec.get("lf_ids")
    chosen = [
        f
        for f in store.functions.list(job.project_id)
        if (f.lf_id in wanted if wanted is not None else f.enabled)
    ]
    functions, failed = _with_inputs(store, job.project_id, chosen)
    shards = store.documents.shards(job.project_id)
    todo = [(f, store.votes.missing(f.fingerprint, shards)) for f in functions]
    cores = n_cores()
    application = Application(store, resources.asking(store, job.project_id), cores)
    try:
        outcome = application.run(cut(todo, cores), progress)
    finally:
        # Also where it was stopped: what is stored until then is there to be seen.
        store.projects.touch(job.project_id)
    failed |= outcome.failed
    function_table.prepare(store, job.project_id)
    pinned = pins.count(store, job.project_id, functions)
    progress(1.0, _last_words(failed))
    return {
        "functions": len(chosen),
        "computed": outcome.computed,
        "faults": outcome.faults,
        "pins": sum(n for n, _ in pinned.values()),
        "pins_broken": sum(broken for _, broken in pinned.values()),
        "failed": failed,
    }


def _with_inputs(
    store: Store, project_id: int, functions: Sequence[LabelingFunction]
) -> tuple[list[LabelingFunction], dict[str, str]]:
    """Return functions with what they rest on; those whose lexicon, say, is gone with why not."""
    found: list[LabelingFunction] = []
    failed: dict[str, str] = {}
    for function in functions:
        try:
            found.append(resources.with_inputs(store, project_id, function))
        except StudioError as error:
            failed[function.name] = str(error)
    return found, failed


def _last_words(failed: Mapping[str, str]) -> str:
    if not failed:
        return "All votes are in"
    names = ", ".join(list(failed)[:3])
    return f"{len(failed)} of the functions could not vote: {names}"
