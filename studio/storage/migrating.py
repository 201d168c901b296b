"""Bring the tables to what this version of Weft needs."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from studio.core.errors import Unavailable
from studio.storage.database import BUSY_SECONDS, Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 0x77656674
# Alembic keeps what it works on in module globals.
_ALEMBIC = threading.Lock()


def migrate(database: Database) -> None:
    """Upgrade the tables if they are behind. Several processes may do so at once.

    Raises
    ------
    Unavailable
        If a newer version of Weft made them, or the database cannot be reached.
    """
    if database.is_sqlite:
        _switch_to_wal(database)
    with _ALEMBIC:
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        with database.reading() as connection:
            if _is_current(connection, config):
                return
        with database.transaction() as connection:
            if not database.is_sqlite:
                # SQLite's write transaction is a lock already; here somebody else may be at it.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_NUMBER)))
            if not _is_current(connection, config):
                config.attributes["connection"] = connection
                command.upgrade(config, "head")


def _is_current(connection: Connection, config: Config) -> bool:
    scripts = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None:
        try:
            scripts.get_revision(found)
        except CommandError as error:
            raise Unavailable(
                f"The database was made by a newer version of Weft (its revision is {found!r}). "
                "Update Weft, or point STUDIO_HOME to another folder."
            ) from error
    return found == scripts.get_current_head()


def _switch_to_wal(database: Database) -> None:
    """Let readers and one writer work side by side; stored in the file, so needed once."""
    deadline = time.monotonic() + BUSY_SECONDS
    driver_error = database.engine.dialect.loaded_dbapi.DatabaseError
    while True:
        try:
            with closing(database.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA journal_mode=WAL")
            return
        except (driver_error, DatabaseError) as error:
            # SQLite's own waiting does not cover this switch.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise Unavailable(
                    f"The database file {database.engine.url.database} cannot be used: {error}. "
                    "It must be a SQLite database on a local disk that is writable and not full."
                ) from error
            time.sleep(0.05)
