"""How texts come in on the page Documents."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from studio.jobs.queue import run_pending
from studio.services import projects
from studio.storage.store import Store
from studio.ui import session
from tests.pages.conftest import Open
from tests.services.helpers import ME


@pytest.mark.slow
def test_several_files_come_in_one_after_the_other(open_page: Open, studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["ham", "spam"])
    app = open_page("documents", number)
    uploader = app.file_uploader(key="documents.file.0")
    for name in ("a", "b"):
        uploader.upload(f"{name}.txt", f"text {name}".encode())
    app.run()
    assert not app.exception
    assert app.selectbox(key="documents.format").value == "archive"
    assert app.selectbox(key="documents.id").value == "file"
    app.button(key="documents.import").click().run()
    run_pending(studio)
    assert studio.documents.texts(number) == ["text a", "text b"]


@pytest.mark.slow
def test_rows_of_a_query_are_fetched_and_then_previewed(
    open_page: Open, studio: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute("create table t as select 'hello there' as text, 'ham' as label")
    monkeypatch.setenv("STUDIO_IMPORT_FOLDER", str(folder))
    session.close_stores()
    store = session.open_store()
    number = projects.create_project(store, ME, name="Mail", labels=["ham", "spam"])
    app = open_page("documents", number)
    app.get("button_group")[0].set_value("sql").run()
    assert not app.exception
    app.text_input(key="documents.source.sql.url").set_value("sqlite:///a.db")
    app.text_area(key="documents.source.sql.query").set_value("SELECT * FROM t")
    app.text_input(key="documents.source.sql.secret").set_value("unused")
    app.button(key="documents.source.sql.fetch").click().run()
    assert not app.exception
    run_pending(store)
    app.run()
    assert not app.exception
    assert app.selectbox(key="documents.format").value == "parquet"
    assert app.selectbox(key="documents.label").value == "label"
