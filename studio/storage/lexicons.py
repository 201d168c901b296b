"""Lexicons and their versions."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import Conflict, NotFound
from studio.core.lexicons import Lexicon
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import lexicons


@dataclass(frozen=True)
class LexiconVersion:
    """One saving of a lexicon; ``version`` counts from 1."""

    lexicon: Lexicon
    version: int
    created_by: str
    created_at: datetime


class Lexicons:
    """The table of lexicons. Each saving is a row; a deleted lexicon is only put away."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def save(self, project_id: int, lexicon: Lexicon, actor: str) -> LexiconVersion:
        """Save a lexicon as its next version and return it; an unchanged one makes none.

        A deleted lexicon of this name comes back with it.
        """
        with self._database.transaction():
            self._projects.lock(project_id)
            last = self._last(project_id, lexicon.name)
            if last is not None and last["deleted_at"] is not None:
                self._change(project_id, lexicon.name, None)
            if last is None or last["fingerprint"] != lexicon.fingerprint:
                self._add(project_id, lexicon, (last["version"] if last else 0) + 1, actor=actor)
            self._projects.touch(project_id)
            return self.get(project_id, lexicon.name)

    def get(self, project_id: int, name: str) -> LexiconVersion:
        """Return the newest version of a lexicon.

        Raises
        ------
        NotFound
            If the project has none of this name; the message names those it has.
        """
        row = self._last(project_id, name)
        if row is None or row["deleted_at"] is not None:
            raise self._not_found(project_id, name)
        return _from_row(row)

    def list(self, project_id: int) -> builtins.list[LexiconVersion]:
        """Return the newest version of each lexicon that is not deleted, by name."""
        every = lexicons.alias()
        newest = (
            sa.select(sa.func.max(every.c.version))
            .where(every.c.project_id == lexicons.c.project_id, every.c.name == lexicons.c.name)
            .scalar_subquery()
        )
        query = sa.select(lexicons).where(
            lexicons.c.project_id == project_id,
            lexicons.c.deleted_at.is_(None),
            lexicons.c.version == newest,
        )
        rows = self._database.rows(query)
        return sorted(map(_from_row, rows), key=lambda found: found.lexicon.name)

    def fingerprints(self, project_id: int) -> dict[str, str]:
        """Return the fingerprint of each lexicon that is not deleted; reads no terms."""
        columns = (lexicons.c.name, lexicons.c.version, lexicons.c.fingerprint)
        query = sa.select(*columns).where(
            lexicons.c.project_id == project_id, lexicons.c.deleted_at.is_(None)
        )
        rows = self._database.rows(query.order_by(lexicons.c.version))
        return {row["name"]: row["fingerprint"] for row in rows}

    def versions(self, project_id: int, name: str) -> builtins.list[LexiconVersion]:
        """Return all versions of a lexicon, the newest first; none of one that never was."""
        query = sa.select(lexicons).where(
            lexicons.c.project_id == project_id, lexicons.c.name == name
        )
        rows = self._database.rows(query.order_by(lexicons.c.version.desc()))
        return [_from_row(row) for row in rows]

    def delete(self, project_id: int, name: str) -> None:
        """Put a lexicon away; :meth:`restore` brings it back."""
        with self._database.transaction():
            self._projects.lock(project_id)
            self.get(project_id, name)
            self._change(project_id, name, now())
            self._projects.touch(project_id)

    def restore(self, project_id: int, name: str) -> None:
        """Bring a deleted lexicon back.

        Raises
        ------
        NotFound
            If there never was one of this name.
        Conflict
            If it is not deleted.
        """
        with self._database.transaction():
            self._projects.lock(project_id)
            row = self._last(project_id, name)
            if row is None:
                raise self._not_found(project_id, name)
            if row["deleted_at"] is None:
                raise Conflict(f"The lexicon {name!r} is not deleted.")
            self._change(project_id, name, None)
            self._projects.touch(project_id)

    def _last(self, project_id: int, name: str) -> RowMapping | None:
        query = sa.select(lexicons).where(
            lexicons.c.project_id == project_id, lexicons.c.name == name
        )
        return self._database.row(query.order_by(lexicons.c.version.desc()).limit(1))

    def _add(self, project_id: int, lexicon: Lexicon, version: int, *, actor: str) -> None:
        row = {
            "project_id": project_id,
            "name": lexicon.name,
            "version": version,
            "terms": list(lexicon.terms),
            "labels": list(lexicon.labels),
            "fingerprint": lexicon.fingerprint,
            "created_by": actor,
            "created_at": now(),
        }
        self._database.insert(lexicons, row)

    def _change(self, project_id: int, name: str, deleted_at: datetime | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(lexicons)
                .where(lexicons.c.project_id == project_id, lexicons.c.name == name)
                .values(deleted_at=deleted_at)
            )

    def _not_found(self, project_id: int, name: str) -> NotFound:
        others = ", ".join(sorted(self.fingerprints(project_id)))
        known = f"there are {others}" if others else "the project has none yet"
        return NotFound(f"There is no lexicon {name[:60]!r}; {known}.")


def _from_row(row: RowMapping) -> LexiconVersion:
    return LexiconVersion(
        lexicon=Lexicon(row["name"], tuple(row["terms"]), tuple(row["labels"])),
        version=row["version"],
        created_by=row["created_by"],
        created_at=row["created_at"],
    )
