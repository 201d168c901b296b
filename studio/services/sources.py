"""Fetch rows from elsewhere: what comes is staged as an upload, and imported like any other."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, BinaryIO

from studio.core.jobs import Job, JobState, Progress
from studio.core.options import parse_options
from studio.core.users import Role, User
from studio.importers.sources.base import Asked, Reach, RowSource, sources, write_parquet
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.storage.store import Store

KIND = "fetch_documents"


def start_fetch(
    store: Store,
    actor: User,
    project_id: int,
    *,
    source: str,
    options: Mapping[str, Any],
    secret: str = "",
) -> int:
    """Queue the fetching of rows and return the job's id.

    Parameters
    ----------
    source
        Registered name of the source.
    options
        Its options. A password among them is taken out before anything is stored.
    secret
        Password or token. It goes by a file that only the worker reads and then removes, never
        by the database.

    Returns
    -------
    int
        The job; its result is ``{"upload_id": …, "n_rows": …, "notes": […]}``.

    Raises
    ------
    NotFound, Invalid, Forbidden
        If there is no such source, or it may not or cannot be asked for this.
    """
    actor.require(Role.EDITOR)
    store.projects.get(project_id)
    member = sources.get(source)()
    plain, found = member.separate(options)
    parsed = _parsed(member, plain)
    member.check(parsed, _reach(store))
    _forget_secrets(store)
    spec: dict[str, Any] = {"source": source, "options": parsed.model_dump(mode="json")}
    if secret or found:
        spec["secret"] = store.uploads.keep_secret(secret or found)
    return enqueue(store, KIND, spec, project_id=project_id, actor=actor.name)


@handles(KIND, lane="work")
def run_fetch(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Stream rows into a Parquet file and stage it; nothing is left after a failure."""
    assert job.project_id is not None
    key = job.spec.get("secret")
    try:
        result = _fetch(store, job, progress, secret=store.uploads.secret(key) if key else "")
    except Exception:
        # Not when the worker leaves, which is no Exception: the job is then done again.
        _drop(store, key)
        raise
    _drop(store, key)
    _forget_secrets(store)
    return result


def fetched_upload(store: Store, job_id: int) -> str | None:
    """Return the upload that a finished job staged, if it still waits for its import."""
    job = store.jobs.get(job_id)
    if job.kind != KIND or job.state is not JobState.SUCCEEDED:
        return None
    upload_id = str(job.result["upload_id"])
    return upload_id if store.uploads.exists(upload_id) else None


def _fetch(store: Store, job: Job, progress: Progress, *, secret: str) -> Mapping[str, Any]:
    assert job.project_id is not None
    member = sources.get(job.spec["source"])()
    parsed = _parsed(member, job.spec["options"])
    title = member.title_of(parsed)
    progress(0.0, title)
    asked = Asked(_reach(store), secret, waiting=lambda: progress(0.0, ""))
    rows = member.open(parsed, asked)
    n_rows = 0

    def fill(target: BinaryIO) -> None:
        nonlocal n_rows
        n_rows = write_parquet(rows, target, progress)

    upload = store.uploads.write(
        fill,
        name=title,
        actor=job.created_by,
        project_id=job.project_id,
        # Done twice, the job stages once.
        upload_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{store.home}/{KIND}/{job.job_id}").hex,
    )
    return {"upload_id": upload.upload_id, "n_rows": n_rows, "notes": list(rows.notes)}


def _parsed(member: RowSource, options: Mapping[str, Any]) -> Any:
    return parse_options(member.Options, dict(options), what=f"The source {member.name}")


def _reach(store: Store) -> Reach:
    return Reach(store.settings.import_folder, store.home)


def _drop(store: Store, key: str | None) -> None:
    if key:
        store.uploads.drop_secret(key)


def _forget_secrets(store: Store) -> None:
    """Remove passwords of jobs that were stopped before a worker took them."""
    active = store.jobs.list(active_only=True, limit=10_000)
    store.uploads.drop_forgotten_secrets([str(job.spec.get("secret")) for job in active])
