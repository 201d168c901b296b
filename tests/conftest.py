from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.core.settings import Settings
from studio.storage.store import Store
from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that lives as long as the tests."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty studio on SQLite."""
    opened = Store.open(sqlite_settings(tmp_path / "home"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty studio, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("store")
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    with cluster.database() as url:
        opened = Store.open(Settings(home=tmp_path / "home", database_url=url))
        yield opened
        opened.close()


def sqlite_settings(home: Path) -> Settings:
    return Settings(home=home, database_url=f"sqlite:///{home}/weft.sqlite")


REAL_DATA = Path(
    os.environ.get("STUDIO_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
_ran: list[str] = []


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests on real data exist only where the data is."""
    if collection_path.name.startswith("test_real_") and not REAL_DATA.is_dir():
        return True
    return None


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; it is read, never copied into the project."""
    return REAL_DATA


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and "test_real_" in report.nodeid:
        _ran.append(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether real data was used, so that a run without it cannot pass for one with it."""
    if _ran:
        terminalreporter.write_line(f"real data: ran {len(_ran)} tests")
