"""Rows of an SQL query: one SELECT, on a connection that can only read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa  # noqa: TID251 - a database of somebody else's, never the studio's

from studio.core.errors import Forbidden, Invalid, Unavailable
from studio.core.options import Options, option
from studio.importers.rows import check_columns, text_schema, to_batches
from studio.importers.sources.base import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Asked,
    Reach,
    Rows,
    RowSource,
    sources,
)
from studio.importers.sources.statement import one_select

TIMEOUT: Final = 600
"""Seconds that a PostgreSQL server may think about one query."""

_OURS: Final = frozenset(("projects", "shards", "functions", "function_versions", "uploads"))
_PARAMETERS: Final = frozenset(("sslmode",))
_STEPS: Final = 100_000
_KEPT: Final = (str, bool, int, float, list, dict, datetime, date, time, type(None))


class SqlOptions(Options):
    """Options of an SQL query."""

    url: str = option(
        title="Database",
        help="As postgresql://USER@HOST/NAME or sqlite:///FILE. The file is one in the folder "
        "that an administrator opened to imports.",
        min_length=1,
    )
    query: str = option(
        title="Query",
        help="One SELECT, with the text in one column. It is read and nothing is changed.",
        min_length=1,
        widget="text",
    )
    limit: int = option(
        DEFAULT_LIMIT, title="At most", help="Rows to read.", minimum=1, maximum=MAX_LIMIT
    )


@sources.register("sql")
class Sql(RowSource):
    """One SELECT, streamed; the password is used once and kept nowhere."""

    title = "SQL query"
    summary = "Rows of one SELECT from PostgreSQL or a SQLite file."
    Options = SqlOptions
    secret_title = "Password"
    secret_help = "Used for this import only; it is not kept."
    example = "postgresql://reader@db.example.org/shop\nSELECT id, text, label FROM reviews"

    def separate(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Take the password out of the URL."""
        url = _parsed(str(values.get("url", "")))
        plain = url._replace(password=None).render_as_string(hide_password=False)
        return {**values, "url": plain}, str(url.password or "")

    def check(self, options: SqlOptions, reach: Reach) -> None:
        """Refuse other databases, other statements, and files that are not open to imports."""
        url = _parsed(options.url)
        one_select(options.query)
        strange = sorted(set(url.query) - _PARAMETERS)
        if strange:
            raise Invalid(
                f"The address has the parameter {strange[0][:40]!r}; only "
                f"{', '.join(sorted(_PARAMETERS))} is allowed."
            )
        if url.get_backend_name() == "sqlite":
            _sqlite_file(url, reach)
        elif not url.host or not url.username or not url.database or url.host.startswith("/"):
            raise Invalid(
                "The address needs user, host and name of the database: "
                "postgresql://USER@HOST/NAME."
            )

    def title_of(self, options: SqlOptions) -> str:
        """Return the name of the database."""
        return f"query of {Path(_parsed(options.url).database or 'database').name}"

    def open(self, options: SqlOptions, asked: Asked) -> Rows:
        """Connect, ask, and hand out the rows as text."""
        self.check(options, asked.reach)
        statement = one_select(options.query)
        # As a part of another statement it can be nothing but a SELECT; the newline ends a
        # comment that it may end with.
        limited = f"SELECT * FROM (\n{statement}\n) AS asked LIMIT {options.limit}"
        rows = _stream(_engine(options, asked), limited, asked)
        first = next(rows)
        schema = text_schema(check_columns([str(name) for name in first]))
        return Rows(None, to_batches(rows, schema))


def _parsed(url: str) -> sa.URL:
    try:
        found = sa.engine.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Not chained: the address may hold a password.
        raise Invalid(
            "The address cannot be read. Write it as postgresql://USER@HOST:PORT/NAME or "
            "sqlite:///FILE."
        ) from None
    if found.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise Invalid(
            f"The address begins with {found.drivername[:30]!r}; Weft reads PostgreSQL and "
            "SQLite. From other databases save the rows as CSV or Parquet."
        )
    return found


def _sqlite_file(url: sa.URL, reach: Reach) -> Path:
    name = url.database or ""
    if not name or name.startswith((":", "file:")):
        raise Invalid("The address names no file. Write sqlite:///FILE.")
    path = reach.allow(name)
    if not path.is_file():
        raise Invalid(f"{name[:80]!r} is no file. Name a SQLite file.")
    return path


def _engine(options: SqlOptions, asked: Asked) -> sa.Engine:
    url = _parsed(options.url)
    if url.get_backend_name() == "sqlite":
        path = quote(str(_sqlite_file(url, asked.reach)))
        return sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=sa.NullPool)
    arguments = {
        "connect_timeout": 15,
        # The worker's own stored passwords are not for editors.
        "passfile": os.devnull,
        "options": f"-c default_transaction_read_only=on -c statement_timeout={TIMEOUT}s",
    }
    full = url.set(drivername="postgresql+psycopg", password=asked.secret or "-")
    return sa.create_engine(full, poolclass=sa.NullPool, connect_args=arguments)


def _stream(engine: sa.Engine, statement: str, asked: Asked) -> Iterator[list[Any]]:
    """Iterate over the names of the columns, then the rows."""
    stopped: list[BaseException] = []
    with _said_plainly(asked, stopped), engine.connect() as connection:
        _refuse_own(connection)
        _make_stoppable(connection, asked.waiting, stopped)
        # Without parameters, so that % and : in the query mean themselves.
        reading = connection.execution_options(
            no_parameters=True, stream_results=True, yield_per=1000
        )
        result = reading.exec_driver_sql(statement)
        yield list(result.keys())
        for number, row in enumerate(result):
            if number % 1000 == 0:
                asked.waiting()
            yield [_cell(value) for value in row]


@contextlib.contextmanager
def _said_plainly(asked: Asked, stopped: list[BaseException]) -> Iterator[None]:
    """Turn errors of the database into sentences without the password."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        if stopped:
            raise stopped[0] from None
        said = str(getattr(error, "orig", None) or error).strip()
        if asked.secret:
            said = said.replace(asked.secret, "***")
        line = next(iter(said.splitlines()), type(error).__name__)[:200].rstrip(".")
        if isinstance(error, sa.exc.OperationalError) and "connect" in said.casefold():
            raise Unavailable(
                f"The database cannot be reached: {line}. Check address and password."
            ) from None
        raise Invalid(f"The database refused the query: {line}. Correct it.") from None


def _refuse_own(connection: sa.Connection) -> None:
    if set(sa.inspect(connection).get_table_names()) >= _OURS:
        raise Forbidden("This is a database of Weft itself, which no import may read.")
    connection.rollback()


def _make_stoppable(
    connection: sa.Connection, waiting: Callable[[], None], stopped: list[BaseException]
) -> None:
    """Let SQLite look up now and then from a query that gives no row."""
    if connection.dialect.name != "sqlite":
        return

    def look_up() -> int:
        try:
            waiting()
        except BaseException as error:  # noqa: BLE001 - raised again when SQLite gave up
            stopped.append(error)
            return 1
        return 0

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(look_up, _STEPS)


def _cell(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, _KEPT) else str(value)
