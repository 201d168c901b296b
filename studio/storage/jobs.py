"""Jobs as the pages see them."""

from __future__ import annotations

import builtins
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import Conflict, FailureCategory, NotFound
from studio.core.jobs import Job, JobState
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import jobs

_ACTIVE = (JobState.QUEUED.value, JobState.RUNNING.value)


class Jobs:
    """The table of jobs. A finished job never changes.

    Methods that end a job return whether they did: False if it had ended already, since
    somebody else (a stop, a sweep) may have been faster.
    """

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def add(
        self,
        kind: str,
        spec: Mapping[str, Any],
        *,
        project_id: int | None,
        actor: str,
        lane: str = "work",
    ) -> int:
        """Add a queued job and return its id. ``spec`` holds JSON values."""
        row = {
            "project_id": project_id,
            "kind": kind,
            "lane": lane,
            "spec": dict(spec),
            "state": JobState.QUEUED.value,
            "progress": 0.0,
            "message": "",
            "created_by": actor,
            "created_at": now(),
            "cancel_requested": False,
            "result": {},
        }
        with self._database.transaction():
            self._touch(project_id)
            return self._database.insert(jobs, row)

    def get(self, job_id: int) -> Job:
        """Return a job.

        Raises
        ------
        NotFound
            If there is none with this id.
        """
        return _from_row(self._row(job_id))

    def list(
        self, project_id: int | None = None, *, active_only: bool = False, limit: int = 50
    ) -> builtins.list[Job]:
        """Return the newest jobs, of one project or of all, the newest first.

        ``active_only`` leaves out what has ended.
        """
        query = sa.select(jobs)
        if project_id is not None:
            query = query.where(jobs.c.project_id == project_id)
        if active_only:
            query = query.where(jobs.c.state.in_(_ACTIVE))
        rows = self._database.rows(query.order_by(jobs.c.id.desc()).limit(limit))
        return [_from_row(row) for row in rows]

    def waiting(self, lane: str) -> builtins.list[Job]:
        """Return the queued jobs of a lane, the oldest first."""
        query = sa.select(jobs).where(jobs.c.lane == lane, jobs.c.state == JobState.QUEUED.value)
        return [_from_row(row) for row in self._database.rows(query.order_by(jobs.c.id))]

    def lane(self, job_id: int) -> str:
        """Return the lane that a job waits in."""
        return str(self._row(job_id)["lane"])

    def executor(self, job_id: int) -> str | None:
        """Return the executor that took a job last; None before one did."""
        found = self._row(job_id)["executor_id"]
        return None if found is None else str(found)

    def start(self, job_id: int, executor_id: str) -> bool:
        """Note that an executor works on a job; returns whether it may.

        A running job may be taken up again: its first executor died. A finished one may not.
        """
        with self._database.transaction():
            job = self._lock(job_id)
            if job.state.is_finished:
                return False
            moment = now()
            values = {
                "state": JobState.RUNNING.value,
                "executor_id": executor_id,
                "started_at": job.started_at or moment,
                "heartbeat_at": moment,
            }
            self._change(job, values)
            return True

    def beat(self, job_id: int, fraction: float, message: str = "") -> bool:
        """Note how far a job is, and return whether it should stop.

        Progress never falls; an empty message leaves the one before. A job that is not running
        any more is told to stop. Beats do not raise the revision of the project.

        Parameters
        ----------
        fraction
            In ``[0, 1]``; what lies outside is moved to the nearer end.
        """
        share = min(1.0, max(0.0, fraction)) if math.isfinite(fraction) else 0.0
        higher = sa.case((jobs.c.progress < share, share), else_=jobs.c.progress)
        values: dict[str, Any] = {"progress": higher, "heartbeat_at": now()}
        if message:
            values["message"] = message
        running = (jobs.c.id == job_id) & (jobs.c.state == JobState.RUNNING.value)
        with self._database.transaction() as connection:
            connection.execute(sa.update(jobs).where(running).values(**values))
            job = self.get(job_id)
        return job.cancel_requested or job.state is not JobState.RUNNING

    def request_cancel(self, job_id: int) -> bool:
        """Ask a job to stop; returns False if it has ended already."""
        with self._database.transaction():
            job = self._lock(job_id)
            if job.state.is_finished:
                return False
            self._change(job, {"cancel_requested": True})
            return True

    def finish(self, job_id: int, result: Mapping[str, Any]) -> bool:
        """Note that a job succeeded. ``result`` holds JSON values.

        Raises
        ------
        Conflict
            If it was never started.
        """
        with self._database.transaction():
            if self._lock(job_id).state is JobState.QUEUED:
                raise Conflict(f"The job {job_id} cannot succeed before it was started.")
            return self._end(job_id, JobState.SUCCEEDED, {"result": dict(result), "progress": 1.0})

    def fail(self, job_id: int, category: FailureCategory, sentence: str) -> bool:
        """Note that a job failed, and why."""
        return self._end(job_id, JobState.FAILED, {"category": category.value, "error": sentence})

    def cancel(self, job_id: int) -> bool:
        """Note that a job stopped because somebody asked for it."""
        return self._end(job_id, JobState.CANCELED, {"cancel_requested": True})

    def interrupt(self, job_id: int) -> bool:
        """Note that a job ended with its worker and is not taken up again."""
        return self._end(job_id, JobState.INTERRUPTED, {})

    def stale(self, older_than: timedelta) -> builtins.list[Job]:
        """Return running jobs that gave no sign of life for a while, the oldest first."""
        query = sa.select(jobs).where(
            jobs.c.state == JobState.RUNNING.value, jobs.c.heartbeat_at < now() - older_than
        )
        return [_from_row(row) for row in self._database.rows(query.order_by(jobs.c.id))]

    def _end(self, job_id: int, state: JobState, values: Mapping[str, Any]) -> bool:
        with self._database.transaction():
            job = self._lock(job_id)
            if job.state.is_finished:
                return False
            self._change(job, {**values, "state": state.value, "finished_at": now()})
            return True

    def _row(self, job_id: int) -> RowMapping:
        row = self._database.row(sa.select(jobs).where(jobs.c.id == job_id))
        if row is None:
            raise _not_found(job_id)
        return row

    def _lock(self, job_id: int) -> Job:
        row = self._database.row(sa.select(jobs).where(jobs.c.id == job_id).with_for_update())
        if row is None:
            raise _not_found(job_id)
        return _from_row(row)

    def _change(self, job: Job, values: Mapping[str, Any]) -> None:
        with self._database.transaction() as connection:
            connection.execute(sa.update(jobs).where(jobs.c.id == job.job_id).values(**values))
            self._touch(job.project_id)

    def _touch(self, project_id: int | None) -> None:
        if project_id is not None:
            self._projects.touch(project_id)


def _not_found(job_id: int) -> NotFound:
    return NotFound(f"There is no job {job_id}. It may belong to another studio.")


def _from_row(row: RowMapping) -> Job:
    values = dict(row)
    category = values.pop("category")
    for name in ("lane", "executor_id"):
        values.pop(name)
    return Job(
        job_id=values.pop("id"),
        state=JobState(values.pop("state")),
        category=None if category is None else FailureCategory(category),
        **values,
    )
