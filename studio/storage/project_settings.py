"""What a project is told to do, by name: small JSON values."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import project_settings


class ProjectSettings:
    """The table of settings of projects; the newest value counts."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def get(self, project_id: int, name: str, default: Any = None) -> Any:
        """Return the value of a setting, ``default`` where it was never set."""
        query = sa.select(project_settings.c.value).where(
            project_settings.c.project_id == project_id, project_settings.c.name == name
        )
        row = self._database.row(query)
        return default if row is None else row["value"]

    def set(self, project_id: int, name: str, value: Any, actor: str) -> None:
        """Give a setting a JSON value, in place of the one it had.

        Raises
        ------
        NotFound
            If there is no such project.
        """
        with self._database.transaction():
            self._projects.touch(project_id)
            row = {
                "project_id": project_id,
                "name": name,
                "value": value,
                "changed_by": actor,
                "changed_at": now(),
            }
            self._database.upsert(project_settings, [row])
