"""Heartbeats of the workers."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.tables import workers


@dataclass(frozen=True)
class WorkerBeat:
    """The last sign of life of a worker; ``age`` is how long ago that was when it was read."""

    executor_id: str
    pid: int
    host: str
    sandbox_tier: str
    beat_at: datetime
    age: timedelta


class Workers:
    """The table of heartbeats, one row an executor."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, executor_id: str, pid: int, host: str, sandbox_tier: str) -> None:
        """Note that a worker is alive."""
        row = {
            "executor_id": executor_id,
            "pid": pid,
            "host": host,
            "sandbox_tier": sandbox_tier,
            "beat_at": now(),
        }
        self._database.upsert(workers, [row])

    def list(self) -> builtins.list[WorkerBeat]:
        """Return all workers there ever were, the one heard of last first."""
        moment = now()
        rows = self._database.rows(sa.select(workers).order_by(workers.c.beat_at.desc()))
        return [WorkerBeat(**row, age=moment - row["beat_at"]) for row in rows]
