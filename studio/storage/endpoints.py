"""Endpoints of language models, for the whole studio."""

from __future__ import annotations

import builtins
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.endpoints import Endpoint
from studio.core.errors import NotFound
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.tables import endpoints


class Endpoints:
    """The table of endpoints. One that was removed is only put away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, endpoint: Endpoint, actor: str) -> None:
        """Keep an endpoint, in place of the one of this name if there is one.

        Raises
        ------
        Conflict
            If somebody else saves one of this name at the same moment.
        """
        with self._database.transaction() as connection:
            known = sa.and_(endpoints.c.name == endpoint.name, endpoints.c.deleted_at.is_(None))
            connection.execute(sa.update(endpoints).where(known).values(deleted_at=now()))
            row = {**asdict(endpoint), "created_by": actor, "created_at": now()}
            self._database.insert(endpoints, row)

    def get(self, name: str) -> Endpoint:
        """Return the endpoint of a name.

        Raises
        ------
        NotFound
            If there is none, or it was removed.
        """
        found = self._newest(name)
        if found is None or found["deleted_at"] is not None:
            raise NotFound(
                f"There is no endpoint {name!r}. An administrator can add one, or choose another."
            )
        return _from_row(found)

    def last(self, name: str) -> Endpoint | None:
        """Return the endpoint of a name, one that was removed too; None if there never was one."""
        found = self._newest(name)
        return None if found is None else _from_row(found)

    def list(self) -> builtins.list[Endpoint]:
        """Return all endpoints that are not removed, by name."""
        query = sa.select(endpoints).where(endpoints.c.deleted_at.is_(None))
        return [_from_row(row) for row in self._database.rows(query.order_by(endpoints.c.name))]

    def remove(self, name: str) -> None:
        """Put an endpoint away; what it answered is kept.

        Raises
        ------
        NotFound
            If there is none.
        """
        with self._database.transaction() as connection:
            self.get(name)
            known = sa.and_(endpoints.c.name == name, endpoints.c.deleted_at.is_(None))
            connection.execute(sa.update(endpoints).where(known).values(deleted_at=now()))

    def _newest(self, name: str) -> RowMapping | None:
        query = sa.select(endpoints).where(endpoints.c.name == name)
        return self._database.row(query.order_by(endpoints.c.id.desc()).limit(1))


def _from_row(row: RowMapping) -> Endpoint:
    fields = ("name", "url", "model", "key_variable", "price_in", "price_out")
    return Endpoint(**{field: row[field] for field in fields})
