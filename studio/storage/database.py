"""The connection to SQLite or PostgreSQL, and the transactions on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, RowMapping, make_url
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, OperationalError

from studio.core.errors import Conflict, Invalid, Unavailable
from studio.storage.columns import to_json

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""


@dataclass
class _Transaction:
    connection: Connection
    thread: int
    after_commit: list[Callable[[], None]] = field(default_factory=list)


class Database:
    """Short connections from a pool, and one transaction that inner calls join.

    Safe to use from several threads; each has its own transaction.

    Parameters
    ----------
    url
        SQLAlchemy URL of a SQLite file or a PostgreSQL database.

    Raises
    ------
    Invalid
        If the URL is neither.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(_parse(url))
        self._open: ContextVar[_Transaction | None] = ContextVar("transaction", default=None)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @property
    def in_transaction(self) -> bool:
        """Whether the calling thread is inside of :meth:`transaction`."""
        return self._current() is not None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Do everything inside at once or not at all; joins a transaction that is open.

        SQLite takes its write lock at the beginning, so that no inner statement can find that
        somebody else was faster.

        Raises
        ------
        Unavailable
            If the database cannot be reached, or another writer kept it for 30 seconds.
        Conflict
            If two writers took the same name or number at the same time.
        """
        current = self._current()
        if current is not None:
            yield current.connection
            return
        with _clear_errors(), self.engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                opened = _Transaction(writer, threading.get_ident())
                token = self._open.set(opened)
                try:
                    yield writer
                finally:
                    self._open.reset(token)
        for callback in opened.after_commit:
            callback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one consistent state; sees an open transaction's writes."""
        current = self._current()
        if current is not None:
            yield current.connection
            return
        with _clear_errors(), self.engine.connect() as connection:
            if not self.is_sqlite:
                # SQLite gives every transaction such a view of the whole by itself.
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the open transaction is in; at once if there is none.

        For what cannot be taken back, such as removing a file: a transaction that fails must not
        have done it.
        """
        current = self._current()
        if current is None:
            callback()
        else:
            current.after_commit.append(callback)

    def rows(self, query: sa.Select[Any]) -> Sequence[RowMapping]:
        """Return all rows of a query."""
        with self.reading() as connection:
            return connection.execute(query).mappings().all()

    def row(self, query: sa.Select[Any]) -> RowMapping | None:
        """Return the first row of a query, None if it has none."""
        with self.reading() as connection:
            return connection.execute(query).mappings().first()

    def insert(self, table: sa.Table, values: Mapping[str, Any]) -> int:
        """Insert one row and return its id."""
        with self.transaction() as connection:
            result = connection.execute(sa.insert(table).values(**values))
            key = result.inserted_primary_key
            assert key is not None
            return int(key[0])

    def upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows; a row whose primary key is there already replaces it."""
        keys = [column.name for column in table.primary_key]
        # Both dialects spell it alike, each in its own class.
        insert: Any = (sqlite if self.is_sqlite else postgresql).insert(table)
        others = {c.name: insert.excluded[c.name] for c in table.c if c.name not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=others)
        with self.transaction() as connection:
            connection.execute(statement, [dict(row) for row in rows])

    def _current(self) -> _Transaction | None:
        current = self._open.get()
        # A context may be copied into another thread; a connection must not be.
        if current is None or current.thread != threading.get_ident():
            return None
        return current


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            f"The database did not answer: {error.orig}. Check that it is running, that its disk "
            "is not full, and that no other program keeps it locked."
        ) from error
    except IntegrityError as error:
        raise Conflict(
            f"Somebody else wrote the same thing at the same time ({error.orig}). Try again."
        ) from error
    except DataError as error:
        raise Invalid(f"A value does not fit into the database: {error.orig}") from error


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise Invalid(
            "The database URL cannot be read. Use sqlite:////path/to/file or "
            "postgresql://user:password@host/name."
        ) from error
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise Invalid(
        f"The database URL starts with {url.drivername!r}, which Weft cannot use. "
        "Use sqlite:////path/to/file or postgresql://user:password@host/name."
    )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(
            url, json_serializer=to_json, pool_size=10, max_overflow=30, pool_pre_ping=True
        )
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        json_serializer=to_json,
        pool_size=10,
        max_overflow=30,
        connect_args={"timeout": BUSY_SECONDS},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite does, in the right mode.
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
