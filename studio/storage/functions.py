"""Labeling functions and their versions."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import Conflict, NotFound
from studio.core.functions import LabelingFunction
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import function_versions, functions

_JOINED = sa.select(
    functions,
    function_versions.c.version,
    function_versions.c.kind,
    function_versions.c.options,
    function_versions.c.created_by.label("version_by"),
    function_versions.c.created_at.label("version_at"),
).join_from(functions, function_versions)


class Functions:
    """The tables of labeling functions and of their versions."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def add(self, project_id: int, function: LabelingFunction, actor: str) -> LabelingFunction:
        """Add a labeling function as version 1 and return it with its id.

        Raises
        ------
        Conflict
            If the project has one of this name that is not deleted.
        """
        with self._database.transaction():
            self._projects.lock(project_id)
            self._refuse_taken(project_id, function.name)
            row = {
                "project_id": project_id,
                "name": function.name,
                "enabled": function.enabled,
                "created_at": now(),
            }
            lf_id = self._database.insert(functions, row)
            self._add_version(lf_id, 1, function.kind, function.options, actor=actor)
            self._projects.touch(project_id)
            return self.get(lf_id)

    def save_version(
        self,
        lf_id: int,
        kind: str,
        options: Mapping[str, Any],
        actor: str,
        *,
        name: str | None = None,
    ) -> LabelingFunction:
        """Save what an editor holds and return the newest version.

        Kind and options as they are already make no new version; a name alone renames.

        Raises
        ------
        NotFound
            If there is no such function.
        Conflict
            If the name is taken.
        """
        with self._database.transaction() as connection:
            project_id = self._lock(lf_id)
            old = self.get(lf_id)
            wanted = LabelingFunction(name=name or old.name, kind=kind, options=options)
            if wanted.name != old.name:
                self._refuse_taken(project_id, wanted.name)
                connection.execute(
                    sa.update(functions).where(functions.c.id == lf_id).values(name=wanted.name)
                )
            if wanted.fingerprint != old.fingerprint:
                self._add_version(lf_id, old.version + 1, kind, options, actor=actor)
            self._projects.touch(project_id)
            return self.get(lf_id)

    def get(self, lf_id: int) -> LabelingFunction:
        """Return the newest version of a labeling function, of a deleted one too.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        query = _JOINED.where(functions.c.id == lf_id)
        row = self._database.row(query.order_by(function_versions.c.version.desc()).limit(1))
        if row is None:
            raise _not_found(lf_id)
        return _from_row(row)

    def list(self, project_id: int) -> builtins.list[LabelingFunction]:
        """Return the newest version of each function that is not deleted, the oldest first."""
        every = function_versions.alias()
        newest = (
            sa.select(sa.func.max(every.c.version))
            .where(every.c.function_id == functions.c.id)
            .scalar_subquery()
        )
        query = _JOINED.where(
            functions.c.project_id == project_id,
            functions.c.deleted_at.is_(None),
            function_versions.c.version == newest,
        )
        return [_from_row(row) for row in self._database.rows(query.order_by(functions.c.id))]

    def versions(self, lf_id: int) -> builtins.list[tuple[LabelingFunction, datetime, str]]:
        """Return all versions of a function with when and by whom, the newest first.

        All carry today's name: a name is not part of a version.
        """
        query = _JOINED.where(functions.c.id == lf_id)
        rows = self._database.rows(query.order_by(function_versions.c.version.desc()))
        if not rows:
            raise _not_found(lf_id)
        return [(_from_row(row), row["version_at"], row["version_by"]) for row in rows]

    def project_of(self, lf_id: int) -> int:
        """Return the project of a function, of a deleted one too.

        Raises
        ------
        NotFound
            If there never was one with this id.
        """
        row = self._database.row(sa.select(functions.c.project_id).where(functions.c.id == lf_id))
        if row is None:
            raise _not_found(lf_id)
        return int(row["project_id"])

    def set_enabled(self, lf_id: int, enabled: bool) -> None:
        """Say whether label models get the votes of a function."""
        self._change(lf_id, enabled=enabled)

    def delete(self, lf_id: int) -> None:
        """Put a function away; :meth:`restore` brings it back."""
        self._change(lf_id, deleted_at=now())

    def restore(self, lf_id: int) -> None:
        """Bring a deleted function back.

        Raises
        ------
        Conflict
            If its name was given to another one meanwhile.
        """
        with self._database.transaction():
            self._refuse_taken(self._lock(lf_id), self.get(lf_id).name, but=lf_id)
            self._change(lf_id, deleted_at=None)

    def _lock(self, lf_id: int) -> int:
        project_id = self.project_of(lf_id)
        self._projects.lock(project_id)
        return project_id

    def _change(self, lf_id: int, **values: object) -> None:
        with self._database.transaction() as connection:
            self._projects.touch(self._lock(lf_id))
            connection.execute(
                sa.update(functions).where(functions.c.id == lf_id).values(**values)
            )

    def _refuse_taken(self, project_id: int, name: str, but: int | None = None) -> None:
        query = sa.select(functions.c.id).where(
            functions.c.project_id == project_id,
            functions.c.name == name,
            functions.c.deleted_at.is_(None),
        )
        row = self._database.row(query)
        if row is not None and row["id"] != but:
            raise Conflict(
                f"A labeling function called {name!r} exists already. Choose another name."
            )

    def _add_version(
        self, lf_id: int, version: int, kind: str, options: Mapping[str, Any], *, actor: str
    ) -> None:
        row = {
            "function_id": lf_id,
            "version": version,
            "kind": kind,
            "options": dict(options),
            "created_by": actor,
            "created_at": now(),
        }
        self._database.insert(function_versions, row)


def _not_found(lf_id: int) -> NotFound:
    return NotFound(f"There is no labeling function {lf_id}. It may belong to another studio.")


def _from_row(row: RowMapping) -> LabelingFunction:
    return LabelingFunction(
        name=row["name"],
        kind=row["kind"],
        options=row["options"],
        version=row["version"],
        enabled=row["enabled"],
        lf_id=row["id"],
    )
