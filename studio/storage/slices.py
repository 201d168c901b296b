"""Slices: saved filters."""

from __future__ import annotations

import builtins

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.documents import DocumentFilter
from studio.core.errors import Conflict, NotFound
from studio.core.slices import Slice, check_name
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import slices


class Slices:
    """The table of slices. A deleted one is only put away: what was made from it names it."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def add(self, project_id: int, name: str, query: DocumentFilter, *, actor: str) -> Slice:
        """Add a slice and return it with its id.

        Raises
        ------
        Conflict
            If the project has one of this name that is not deleted.
        """
        with self._database.transaction():
            self._projects.lock(project_id)
            clean = check_name(name)
            self._refuse_taken(project_id, clean)
            row = {
                "project_id": project_id,
                "name": clean,
                "filter": query.to_json(),
                "created_by": actor,
                "created_at": now(),
            }
            return self.get(self._database.insert(slices, row))

    def get(self, slice_id: int) -> Slice:
        """Return a slice, a deleted one too.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        row = self._database.row(sa.select(slices).where(slices.c.id == slice_id))
        if row is None:
            raise NotFound(f"There is no slice {slice_id}. It may belong to another studio.")
        return _from_row(row)

    def list(self, project_id: int) -> builtins.list[Slice]:
        """Return the slices of a project that are not deleted, the oldest first."""
        query = sa.select(slices).where(
            slices.c.project_id == project_id, slices.c.deleted_at.is_(None)
        )
        return [_from_row(row) for row in self._database.rows(query.order_by(slices.c.id))]

    def rename(self, slice_id: int, name: str) -> None:
        """Give a slice another name.

        Raises
        ------
        Conflict
            If another one has it.
        """
        with self._database.transaction():
            clean = check_name(name)
            self._refuse_taken(self._lock(slice_id), clean, but=slice_id)
            self._change(slice_id, name=clean)

    def delete(self, slice_id: int) -> None:
        """Put a slice away; :meth:`restore` brings it back."""
        with self._database.transaction():
            self._lock(slice_id)
            self._change(slice_id, deleted_at=now())

    def restore(self, slice_id: int) -> None:
        """Bring a deleted slice back.

        Raises
        ------
        Conflict
            If its name was given to another one meanwhile.
        """
        with self._database.transaction():
            project_id = self._lock(slice_id)
            self._refuse_taken(project_id, self.get(slice_id).name, but=slice_id)
            self._change(slice_id, deleted_at=None)

    def _lock(self, slice_id: int) -> int:
        project_id = self.get(slice_id).project_id
        self._projects.lock(project_id)
        return project_id

    def _change(self, slice_id: int, **values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(sa.update(slices).where(slices.c.id == slice_id).values(**values))

    def _refuse_taken(self, project_id: int, name: str, but: int | None = None) -> None:
        query = sa.select(slices.c.id).where(
            slices.c.project_id == project_id,
            slices.c.name == name,
            slices.c.deleted_at.is_(None),
        )
        row = self._database.row(query)
        if row is not None and row["id"] != but:
            raise Conflict(f"A slice called {name!r} exists already. Choose another name.")


def _from_row(row: RowMapping) -> Slice:
    return Slice(
        slice_id=row["id"],
        project_id=row["project_id"],
        name=row["name"],
        filter=DocumentFilter.from_json(row["filter"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        deleted=row["deleted_at"] is not None,
    )
