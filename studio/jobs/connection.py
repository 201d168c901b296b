"""Where the durable queue is kept, and how this process writes to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from studio.core.jobs import Job
from studio.core.settings import Settings
from studio.jobs.handlers import LANES
from studio.storage.store import Store

if TYPE_CHECKING:
    from dbos import DBOSClient, Serializer

APPLICATION: Final = "weft"
WORKFLOW: Final = "run_job"

_log = logging.getLogger(__name__)
_clients: dict[str, DBOSClient] = {}
_lock = threading.Lock()


def queue_url(settings: Settings) -> str:
    """Return the database of the queue: the team's PostgreSQL, else a SQLite file in the home."""
    if settings.database_url.startswith("sqlite"):
        return f"sqlite:///{settings.home / 'jobs.sqlite'}"
    return settings.database_url


def serializer() -> Serializer:
    """Return what writes jobs down as JSON; the queue's default would pickle."""
    from dbos import DBOSPortableJSONSerializer

    return DBOSPortableJSONSerializer()


def workflow_id(job: Job) -> str:
    """Return the name of a job in the queue; the same job always has the same name.

    The second of its creation is part of it, because a database that was deleted or restored
    hands out the same job ids again.
    """
    born = int(job.created_at.timestamp()) if job.created_at else 0
    return f"job-{job.job_id}-{born}"


def submit(store: Store, jobs: Sequence[Job], lane: str) -> None:
    """Put jobs of one lane into the queue, where the lowest job id comes first.

    A job that is there already stays there once.

    Parameters
    ----------
    jobs
        In ascending order, since a worker takes the first as soon as it is there.
    """
    client = _client(queue_url(store.settings))
    missing = jobs if len(jobs) < 2 else _missing(client, jobs)
    for job in missing:
        options: Any = {
            "workflow_name": WORKFLOW,
            "queue_name": LANES[lane].queue,
            "workflow_id": workflow_id(job),
            "application_name": APPLICATION,
            # The moment of arrival is no order: a row may have waited for the queue to be made.
            "priority": job.job_id,
        }
        if LANES[lane].is_shared:
            options["queue_partition_key"] = _owner(job)
        client.enqueue(options, job.job_id)


def _owner(job: Job) -> str:
    """Return whose turn a job takes."""
    return "studio" if job.project_id is None else f"project-{job.project_id}"


def is_ready(store: Store) -> bool:
    """Whether a worker has set up the queue; until then jobs wait as rows."""
    if not store.workers.list():
        return False
    url = queue_url(store.settings)
    return not url.startswith("sqlite") or (store.settings.home / "jobs.sqlite").exists()


def warm(store: Store) -> None:
    """Load and connect what the first job of this process would otherwise wait for (0.5 s)."""
    serializer()
    try:
        if is_ready(store):
            _client(queue_url(store.settings))
    except Exception:  # noqa: BLE001 - the pages work without; jobs wait as rows meanwhile
        _log.exception("The queue could not be reached; the next job tries again.")


def disconnect(settings: Settings) -> None:
    """Close this process's connections to the queue; the next job opens them again."""
    with _lock:
        client = _clients.pop(queue_url(settings), None)
    if client is not None:
        client.destroy()


def _missing(client: DBOSClient, jobs: Sequence[Job]) -> list[Job]:
    names = [workflow_id(job) for job in jobs]
    found = client.list_workflows(workflow_ids=names, load_input=False, load_output=False)
    known = {status.workflow_id for status in found}
    return [job for job, name in zip(jobs, names, strict=True) if name not in known]


def _client(url: str) -> DBOSClient:
    with _lock:
        if url not in _clients:
            from dbos import DBOSClient

            # A web page must not wait for a database to come back: the row is stored, and the
            # worker finds it.
            _clients[url] = DBOSClient(
                system_database_url=url,
                serializer=serializer(),
                application_name=APPLICATION,
                retry_connection_errors=False,
            )
        return _clients[url]
