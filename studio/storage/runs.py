"""Training runs and their curves."""

from __future__ import annotations

import builtins
import math
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import FailureCategory, NotFound
from studio.core.jobs import JobState
from studio.core.runs import MetricPoint, Targets, TrainingRun
from studio.storage.columns import finite, now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import points, runs


class Runs:
    """The tables of training runs and of the points of their curves."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def add(
        self,
        project_id: int,
        name: str,
        method: str,
        targets: Targets,
        *,
        options: Mapping[str, Any],
        seed: int,
        training_set: str,
        provenance: Mapping[str, Any],
        actor: str,
    ) -> int:
        """Add a queued run and return its id.

        Parameters
        ----------
        training_set
            Fingerprint of what it learns from.
        provenance
            Where the labels came from: JSON values.
        """
        row = {
            "project_id": project_id,
            "name": name,
            "method": method,
            "targets": targets.value,
            "options": dict(options),
            "seed": seed,
            "training_set": training_set,
            "provenance": dict(provenance),
            "state": JobState.QUEUED.value,
            "metrics": {},
            "created_by": actor,
            "created_at": now(),
        }
        with self._database.transaction():
            self._projects.touch(project_id)
            return self._database.insert(runs, row)

    def get(self, run_id: int) -> TrainingRun:
        """Return a run.

        Raises
        ------
        NotFound
            If there is none with this id.
        """
        row = self._database.row(sa.select(runs).where(runs.c.id == run_id))
        if row is None:
            raise NotFound(f"There is no training run {run_id}. Choose one from the list of runs.")
        return _from_row(row)

    def list(self, project_id: int) -> builtins.list[TrainingRun]:
        """Return all runs of a project, the newest first."""
        query = sa.select(runs).where(runs.c.project_id == project_id)
        return [_from_row(row) for row in self._database.rows(query.order_by(runs.c.id.desc()))]

    def rename(self, run_id: int, name: str) -> None:
        """Give a run another name."""
        self._change(run_id, {"name": name})

    def set_job(self, run_id: int, job_id: int) -> None:
        """Note which job does the work of a run."""
        self._change(run_id, {"job_id": job_id})

    def set_state(
        self,
        run_id: int,
        state: JobState,
        *,
        error: str | None = None,
        category: FailureCategory | None = None,
    ) -> None:
        """Note where a run stands; the times of its beginning and end follow from that.

        A run that is taken up again after a crash keeps the time of its first beginning. A
        finished run stays as it is.
        """
        values: dict[str, Any] = {"state": state.value, "error": error, "category": category}
        with self._database.transaction():
            run = self.get(run_id)
            if run.state.is_finished:
                return
            if state is JobState.RUNNING and run.started_at is None:
                values["started_at"] = now()
            if state.is_finished:
                values["finished_at"] = now()
            self._change(run_id, values)

    def finish(self, run_id: int, metrics: Mapping[str, float], artifact: str | None) -> None:
        """Note that a run succeeded, with its final figures and the folder of its model.

        Parameters
        ----------
        metrics
            By ``"split.metric"``; figures that are no numbers are left out.
        artifact
            Folder of the model, relative to the studio's home.
        """
        values = {"metrics": finite(metrics), "artifact": artifact}
        with self._database.transaction():
            if self.get(run_id).state.is_finished:
                return
            self._change(run_id, values)
            self.set_state(run_id, JobState.SUCCEEDED)

    def add_points(self, run_id: int, new: Sequence[MetricPoint]) -> None:
        """Append points of curves; one that is there already (after a resume) is replaced.

        Points do not raise the revision of the project: they come many times a second.
        """
        if not new:
            return
        rows = {
            (point.step, point.name): {
                "run_id": run_id,
                "step": int(point.step),
                "name": point.name,
                "value": float(point.value),
                "at": float(point.at),
            }
            for point in new
        }
        with self._database.transaction():
            self.get(run_id)
            self._database.upsert(points, list(rows.values()))

    def points(self, run_id: int, after_step: int | None = None) -> builtins.list[MetricPoint]:
        """Return the points of a run's curves by step, only later ones than ``after_step``."""
        query = sa.select(points).where(points.c.run_id == run_id)
        if after_step is not None:
            query = query.where(points.c.step > after_step)
        rows = self._database.rows(query.order_by(points.c.step, points.c.name))
        return [
            MetricPoint(
                step=row["step"],
                name=row["name"],
                value=math.nan if row["value"] is None else row["value"],
                at=row["at"],
            )
            for row in rows
        ]

    def _change(self, run_id: int, values: Mapping[str, Any]) -> None:
        with self._database.transaction() as connection:
            self._projects.touch(self.get(run_id).project_id)
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(**values))


def _from_row(row: RowMapping) -> TrainingRun:
    values = dict(row)
    category = values.pop("category")
    return TrainingRun(
        run_id=values.pop("id"),
        targets=Targets(values.pop("targets")),
        state=JobState(values.pop("state")),
        category=None if category is None else FailureCategory(category),
        **values,
    )
