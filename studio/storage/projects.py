"""Projects."""

from __future__ import annotations

import builtins

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import Invalid, NotFound
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.events import add_event
from studio.storage.tables import fits, projects


class Projects:
    """The table of projects; also the keeper of their revisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, schema: LabelSchema, *, actor: str, description: str = "") -> int:
        """Add an empty project and return its id."""
        with self._database.transaction() as connection:
            project_id = self._database.insert(
                projects,
                {
                    "name": name,
                    "description": description,
                    "labels": list(schema.names),
                    "revision": 0,
                    "n_docs": 0,
                    "created_by": actor,
                    "created_at": now(),
                },
            )
            add_event(connection, project_id, actor, "create project", detail=name)
        return project_id

    def get(self, project_id: int) -> Project:
        """Return a project, a deleted one too.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        found = self.find(project_id)
        if found is None:
            raise _not_found(project_id)
        return found

    def find(self, project_id: int) -> Project | None:
        """Return a project, a deleted one too; None if there never was one with this id."""
        row = self._database.row(sa.select(projects).where(projects.c.id == project_id))
        return None if row is None else _from_row(row)

    def list(self) -> builtins.list[Project]:
        """Return all projects that are not deleted, the newest first."""
        query = sa.select(projects).where(projects.c.deleted_at.is_(None))
        rows = self._database.rows(query.order_by(projects.c.id.desc()))
        return [_from_row(row) for row in rows]

    def rename(self, project_id: int, name: str) -> None:
        """Give a project another name."""
        self._change(project_id, name=name)

    def delete(self, project_id: int, actor: str) -> None:
        """Put a project away; :meth:`restore` brings it back."""
        with self._database.transaction() as connection:
            self._change(project_id, deleted_at=now())
            add_event(connection, project_id, actor, "delete project")

    def restore(self, project_id: int, actor: str) -> None:
        """Bring a deleted project back."""
        with self._database.transaction() as connection:
            self._change(project_id, deleted_at=None)
            add_event(connection, project_id, actor, "restore project")

    def choose_fit(self, project_id: int, fit_id: int | None) -> None:
        """Make the weak labels of one fit those of the project; None takes the choice back.

        Raises
        ------
        Invalid
            If the fit belongs to another project, or is none.
        """
        with self._database.transaction():
            query = sa.select(fits.c.project_id).where(fits.c.id == fit_id)
            row = None if fit_id is None else self._database.row(query)
            if fit_id is not None and (row is None or row["project_id"] != project_id):
                raise Invalid(f"The project {project_id} has no label model fit {fit_id}.")
            self._change(project_id, chosen_fit=fit_id)

    def touch(self, project_id: int) -> None:
        """Raise the revision: something of the project has changed."""
        self._change(project_id)

    def revision(self, project_id: int) -> int:
        """Return the revision of a project.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        row = self._database.row(sa.select(projects.c.revision).where(projects.c.id == project_id))
        if row is None:
            raise _not_found(project_id)
        return int(row["revision"])

    def count_documents(self, project_id: int) -> int:
        """Return how many documents a project has.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        row = self._database.row(sa.select(projects.c.n_docs).where(projects.c.id == project_id))
        if row is None:
            raise _not_found(project_id)
        return int(row["n_docs"])

    def lock(self, project_id: int) -> tuple[Project, int]:
        """Keep other writers off a project until the open transaction ends.

        Returns
        -------
        tuple[Project, int]
            The project, and how many documents it has.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        query = sa.select(projects).where(projects.c.id == project_id).with_for_update()
        row = self._database.row(query)
        if row is None:
            raise _not_found(project_id)
        return _from_row(row), int(row["n_docs"])

    def _change(self, project_id: int, **values: object) -> None:
        statement = sa.update(projects).where(projects.c.id == project_id)
        with self._database.transaction() as connection:
            result = connection.execute(
                statement.values(revision=projects.c.revision + 1, **values)
            )
            if result.rowcount == 0:
                raise _not_found(project_id)


def _not_found(project_id: int) -> NotFound:
    return NotFound(f"There is no project {project_id}. Choose one from the list of projects.")


def _from_row(row: RowMapping) -> Project:
    return Project(
        project_id=row["id"],
        name=row["name"],
        schema=LabelSchema(tuple(row["labels"])),
        revision=row["revision"],
        description=row["description"],
        chosen_fit=row["chosen_fit"],
        created_at=row["created_at"],
        deleted_at=row["deleted_at"],
    )
