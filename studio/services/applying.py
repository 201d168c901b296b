"""Apply labeling functions to documents; only what is missing is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studio.core.errors import Invalid
from studio.core.functions import Fault, Votes
from studio.core.jobs import Job, Progress
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.apply import apply_function
from studio.services import resources
from studio.storage.documents import Shard
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
    """Apply labeling functions to all documents that they have not voted on."""
    assert job.project_id is not None
    wanted = job.spec.get("lf_ids")
    asking = resources.asking(store, job.project_id)
    functions = [
        f
        for f in resources.functions_of(store, job.project_id)
        if (f.lf_id in wanted if wanted is not None else f.enabled)
    ]
    shards = store.documents.shards(job.project_id)
    todo = [(f, s) for f in functions for s in store.votes.missing(f.fingerprint, shards)]
    faults = 0
    for done, (function, shard) in enumerate(todo):
        votes = apply_function(
            function,
            shard.path,
            replace(asking, progress=_part_of(progress, done, len(todo), function.name)),
        )
        store.votes.save(function.fingerprint, shard, _with_doc_ids(votes, shard))
        faults += votes.n_faults
    progress(1.0, "All votes are in")
    store.projects.touch(job.project_id)
    return {"functions": len(functions), "computed": len(todo), "faults": faults}


def _part_of(progress: Progress, done: int, n: int, name: str) -> Progress:
    """Return the progress of one part among ``n`` as progress of the whole."""

    def report(fraction: float, message: str = "") -> None:
        progress((done + fraction) / n, f"{name} ({done + 1} of {n})")

    report(0.0)
    return report


def _with_doc_ids(votes: Votes, shard: Shard) -> Votes:
    """Turn the row of each fault into the document's id."""
    faults = tuple(
        fault
        if fault.doc_id is None
        else Fault(
            fault.lf_name,
            fault.exception,
            fault.message,
            fault.line,
            fault.doc_id + shard.first_doc_id,
            fault.count,
        )
        for fault in votes.faults
    )
    return Votes(votes.votes, faults, votes.tier)
