"""A real PostgreSQL for the tests: a throw-away cluster, and a database of its own a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

OWNER = "postgres"
_DEBIAN = Path("/usr/lib/postgresql")


class Postgres:
    """A running cluster that listens on one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of an empty database that is gone afterwards."""
        name = f"weft_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}")
        try:
            yield self._url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self._port}/{name}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a cluster in a temporary folder, and stop and remove it at the end."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="weft-postgres-"))
    data = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    try:
        _run([programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "-N"])
        port = _free_port()
        # Nothing of it outlives the tests, so it need not be safe against a power failure.
        settings = f"-F -p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        control = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
        _run([*control, "-o", settings, "start"])
        try:
            yield Postgres(port)
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = _find_programs()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "postgresql"], check=True)
        found = _find_programs()
    if found is None:
        pytest.fail(
            "These tests need PostgreSQL's initdb and pg_ctl. Install PostgreSQL (on Debian and "
            "Ubuntu: sudo apt-get install postgresql), or put its bin folder on PATH."
        )
    return found


def _find_programs() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    versions = [path.parent for path in _DEBIAN.glob("*/bin/initdb")]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


def _run(command: Sequence[object]) -> None:
    # PostgreSQL refuses to run as root.
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        other = {"user": OWNER, "group": OWNER, "extra_groups": []}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=tempfile.gettempdir(),
        # To a file, not a pipe: the server inherits it, and a pipe would never end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **other,
    )
    if done.returncode:
        pytest.fail(f"PostgreSQL: {command[0]} ended with {done.returncode}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
