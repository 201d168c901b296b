"""What happened in a project, for the operator."""

from __future__ import annotations

import builtins

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from studio.core.projects import Event
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.tables import events


class Events:
    """The table of events; rows are only ever added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, project_id: int, actor: str, kind: str, detail: str = "") -> None:
        """Note that ``actor`` did something."""
        with self._database.transaction() as connection:
            add_event(connection, project_id, actor, kind, detail=detail)

    def list(self, project_id: int, limit: int = 50) -> builtins.list[Event]:
        """Return the newest events of a project, the newest first."""
        query = sa.select(events).where(events.c.project_id == project_id)
        rows = self._database.rows(query.order_by(events.c.id.desc()).limit(limit))
        return [Event(row["at"], row["actor"], row["kind"], row["detail"]) for row in rows]


def add_event(
    connection: Connection, project_id: int, actor: str, kind: str, *, detail: str = ""
) -> None:
    """Note an event inside of a transaction that somebody else has opened."""
    connection.execute(
        sa.insert(events).values(
            project_id=project_id, at=now(), actor=actor, kind=kind, detail=detail
        )
    )
