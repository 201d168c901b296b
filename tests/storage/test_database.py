"""Transactions, migrations, and several processes on one database."""

from __future__ import annotations

import contextvars
import dataclasses
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from studio.core.annotations import Answer
from studio.core.errors import Conflict, Invalid, Unavailable
from studio.core.functions import LabelingFunction
from studio.core.settings import Settings
from studio.storage import tables
from studio.storage.store import Store
from tests.storage.making import SPAM, add_documents, make_project

ROOT = Path(__file__).parents[2]
WORK = """
import sys
from pathlib import Path
from studio.core.annotations import Answer
from studio.core.settings import Settings
from studio.storage.store import Store

home, url, who = sys.argv[1:4]
store = Store.open(Settings(home=Path(home), database_url=url))
for number in range(25):
    answer = Answer(f"{who}-{number}", number % 3, 1)
    assert store.annotations.add(1, [answer], actor=who) is not None
    store.projects.touch(1)
store.close()
"""


def fail(store: Store, act: Callable[[], object]) -> None:
    with store.transaction():
        act()
        raise ZeroDivisionError


def test_a_transaction_that_fails_leaves_nothing(any_store: Store) -> None:
    project_id = make_project(any_store)
    before = any_store.projects.get(project_id)

    def change() -> None:
        any_store.projects.rename(project_id, "other")
        any_store.annotations.add(project_id, [Answer("k", 0, 1)], actor="ada")
        assert any_store.annotations.gold(project_id)[0] == 1
        assert any_store.projects.get(project_id).name == "other"

    with pytest.raises(ZeroDivisionError):
        fail(any_store, change)
    assert any_store.projects.get(project_id) == before
    assert any_store.annotations.gold(project_id)[0] == -1


def test_what_was_read_in_a_failed_transaction_is_forgotten(any_store: Store) -> None:
    project_id = make_project(any_store)

    def annotate() -> None:
        any_store.annotations.add(project_id, [Answer("k", 0, 1)], actor="ada")
        assert any_store.annotations.gold(project_id)[0] == 1

    with pytest.raises(ZeroDivisionError):
        fail(any_store, annotate)
    # This change has the revision that the failed one had.
    any_store.annotations.add(project_id, [Answer("k", 0, 0)], actor="ada")
    assert any_store.annotations.gold(project_id)[0] == 0


def test_inner_transactions_join_the_outer_one(any_store: Store) -> None:
    def nested() -> None:
        with any_store.transaction(), any_store.transaction():
            make_project(any_store)

    with pytest.raises(ZeroDivisionError):
        fail(any_store, nested)
    assert any_store.projects.list() == []
    nested()
    assert len(any_store.projects.list()) == 1


def test_others_do_not_see_an_open_transaction(any_store: Store) -> None:
    with any_store.transaction(), ThreadPoolExecutor(1) as pool:
        make_project(any_store)
        assert pool.submit(any_store.projects.list).result() == []
        # A copied context carries the variable over, and must not carry the connection.
        context = contextvars.copy_context()
        assert pool.submit(context.run, any_store.projects.list).result() == []
    assert len(any_store.projects.list()) == 1


def test_what_must_wait_for_the_commit_waits(any_store: Store) -> None:
    done: list[str] = []
    any_store.database.after_commit(lambda: done.append("at once"))
    with any_store.transaction():
        any_store.database.after_commit(lambda: done.append("later"))
        with any_store.transaction():
            pass
        assert done == ["at once"]
    assert done == ["at once", "later"]
    with pytest.raises(ZeroDivisionError):
        fail(any_store, lambda: any_store.database.after_commit(lambda: done.append("never")))
    assert done == ["at once", "later"]


def test_threads_that_write_at_once_lose_nothing(any_store: Store) -> None:
    project_id = make_project(any_store)
    start = threading.Barrier(6)

    def work(who: int) -> None:
        start.wait()
        for number in range(10):
            answer = Answer(f"{who}-{number}", number % 3, 1)
            any_store.annotations.add(project_id, [answer], actor=str(who))
            any_store.annotations.gold(project_id)
        add_documents(any_store, project_id, [f"from {who}"])

    revision = any_store.projects.get(project_id).revision
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    history = [a for doc in range(3) for a in any_store.annotations.history(project_id, doc)]
    assert len(history) == 60
    assert any_store.projects.get(project_id).revision == revision + 66
    texts = any_store.documents.texts(project_id)
    assert sorted(texts[3:]) == [f"from {who}" for who in range(6)]
    starts = [(s.first_doc_id, s.n_docs) for s in any_store.documents.shards(project_id)]
    assert starts == [(0, 3), *((3 + number, 1) for number in range(6))]


def test_of_two_who_take_a_name_at_once_one_gets_it(any_store: Store) -> None:
    project_id = make_project(any_store)
    start = threading.Barrier(4)

    def take(_: int) -> bool:
        start.wait()
        try:
            any_store.functions.add(project_id, LabelingFunction("f", "keyword", {}), "ada")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [False, False, False, True]
    assert len(any_store.functions.list(project_id)) == 1


@pytest.mark.slow
def test_processes_that_open_and_write_at_once_lose_nothing(any_store: Store) -> None:
    project_id = make_project(any_store)
    assert project_id == 1
    run_all(any_store.settings)
    history = [a for doc in range(3) for a in any_store.annotations.history(project_id, doc)]
    assert len(history) == 75


def run_all(settings: Settings, program: str = WORK) -> None:
    arguments = [str(settings.home), settings.database_url]
    started = [
        subprocess.Popen([sys.executable, "-c", program, *arguments, who], cwd=ROOT)
        for who in ("a", "b", "c")
    ]
    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]


@pytest.mark.slow
def test_processes_may_all_find_an_empty_home(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    settings = Settings(home=home, database_url=f"sqlite:///{home}/weft.sqlite")
    program = WORK.split("for number")[0] + "store.projects.list()\nstore.close()\n"
    run_all(settings, program)
    store = Store.open(settings)
    assert store.projects.list() == []
    store.close()


def test_opening_again_finds_everything(store: Store) -> None:
    project_id = make_project(store)
    again = Store.open(store.settings)
    assert again.projects.get(project_id) == store.projects.get(project_id)
    assert again.documents.texts(project_id) == ["one", "two", "three"]
    again.close()


def test_migrations_make_the_tables_that_the_code_means(any_store: Store) -> None:
    with any_store.database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


def test_a_database_of_a_newer_version_is_refused(any_store: Store) -> None:
    with any_store.database.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer version of Weft"):
        Store.open(any_store.settings)


@pytest.mark.parametrize(
    "url", ["", "weft.sqlite", "mysql://x/y", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_cannot_serve_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(Invalid, match="sqlite:////path/to/file"):
        Store.open(Settings(home=tmp_path, database_url=url))


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(Unavailable, match="did not answer"):
        Store.open(Settings(home=tmp_path, database_url=url))


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "weft.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(Unavailable, match="cannot be used"):
        Store.open(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path}/weft.sqlite"))


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    project_id = make_project(store)
    with store.transaction(), ThreadPoolExecutor(1) as pool:
        store.projects.rename(project_id, "other")
        assert pool.submit(store.projects.get, project_id).result(timeout=5).name == "mail"


def test_a_home_is_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = Store.open(Settings(home=home, database_url=f"sqlite:///{home}/weft.sqlite"))
    store.close()
    assert home.stat().st_mode & 0o077 == 0


def test_the_settings_are_those_it_was_opened_with(store: Store) -> None:
    assert store.home == store.settings.home
    other = dataclasses.replace(store.settings, user="eve")
    opened = Store.open(other, migrate=False)
    assert opened.projects.add("x", SPAM, actor=opened.settings.user) == 1
    opened.close()
