"""Rows from elsewhere: fetched, staged, imported; and nothing read that is not open."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from studio.core.documents import ColumnMapping
from studio.core.errors import Forbidden, Invalid, NotFound, StudioError
from studio.core.jobs import JobState
from studio.core.settings import Settings
from studio.importers.sources.statement import one_select
from studio.jobs.queue import cancel, run_inline
from studio.services import importing, projects, sources
from studio.storage.store import Store
from tests.postgres import Postgres
from tests.services.helpers import GUEST, ME, do

ROWS = [("1", "the refund never came", "refund"), ("2", "where is my parcel", "delivery")]
SECRET = "hunter2-hunter2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "open"
    found.mkdir()
    with sqlite3.connect(found / "shop.db") as connection:
        connection.execute("create table reviews (id text, body text, kind text, raw blob)")
        connection.executemany("insert into reviews values (?, ?, ?, x'6869')", ROWS)
    return found


@pytest.fixture
def studio(tmp_path: Path, folder: Path) -> Any:
    home = tmp_path / "home"
    settings = Settings(home=home, database_url=f"sqlite:///{home}/weft.db", import_folder=folder)
    opened = Store.open(settings)
    yield opened
    opened.close()


def ask(store: Store, url: str, query: str, **more: Any) -> int:
    number = projects.create_project(store, ME, name="Mail", labels=["refund", "delivery"])
    options = {"url": url, "query": query, **more}
    return sources.start_fetch(store, ME, number, source="sql", options=options)


def left_behind(store: Store) -> list[str]:
    """Return what lies in the folder of uploads that is no upload."""
    return [name for name in all_uploads(store) if name.startswith(".")]


def all_uploads(store: Store) -> list[str]:
    return sorted(path.name for path in (store.home / "uploads").glob("*"))


def test_rows_of_a_query_become_an_upload_like_any_other(studio: Store) -> None:
    job_id = ask(
        studio, "sqlite:///shop.db", "SELECT id, body AS text, kind AS label FROM reviews;"
    )
    result = do(studio, job_id)
    upload_id = str(result["upload_id"])
    assert result["n_rows"] == 2
    assert sources.fetched_upload(studio, job_id) == upload_id
    found = importing.detect_upload(studio, upload_id)
    seen = importing.preview_upload(
        studio, upload_id, format_name=found.format, options=found.options
    )
    assert seen.mapping == ColumnMapping(text="text", label="label", external_id="id")
    assert [row["text"] for row in seen.rows] == [row[1] for row in ROWS]
    importing.drop_upload(studio, ME, upload_id)
    assert sources.fetched_upload(studio, job_id) is None


def test_cells_become_text_and_the_limit_holds(studio: Store) -> None:
    query = "SELECT raw, 1.5 AS x, NULL AS y, '%s :z' AS text FROM reviews -- all"
    upload = str(do(studio, ask(studio, "sqlite:///shop.db", query, limit=1))["upload_id"])
    (row,) = importing.preview_upload(studio, upload, format_name="parquet", options={}).rows
    assert dict(row) == {"raw": "hi", "x": "1.5", "y": None, "text": "%s :z"}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("DELETE FROM reviews", "begins with 'DELETE'"),
        ("SELECT 1; DROP TABLE reviews", "more than one statement"),
        ("SELECT 1;;", "more than one statement"),
        ("SELECT ';' AS a; -- fine\n SELECT 2", "more than one statement"),
        ("PRAGMA table_info(reviews)", "begins with 'PRAGMA'"),
        ("ATTACH 'x' AS y", "begins with 'ATTACH'"),
        ("SELECT 'open", "line 1 of the query is never closed"),
        ("SELECT 1\n/* open", "line 2 of the query is never closed"),
        ("SELECT 1 /* /* */ ' */ ; DROP TABLE x; --'", "comment inside a comment"),
        ("SELECT $$'$$; DROP TABLE x; SELECT $$'$$", "quotes a text by dollars"),
        ("-- nothing", "begins with ''"),
    ],
)
def test_anything_but_one_select_is_refused_before_it_is_sent(
    studio: Store, query: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        ask(studio, "sqlite:///shop.db", query)
    assert studio.jobs.list() == []


@pytest.mark.parametrize(
    "query", ["select 1", " /* a ; b */ WITH a AS (SELECT ';') SELECT * FROM a ; ", 'SELECT "a;b"']
)
def test_one_select_is_one_select(query: str) -> None:
    assert one_select(query) == query.rstrip("; ")


def test_a_select_that_would_write_cannot(studio: Store, folder: Path) -> None:
    writing = "WITH gone AS (SELECT 1) DELETE FROM reviews RETURNING body"
    before = (folder / "shop.db").read_bytes()
    job_id = ask(studio, "sqlite:///shop.db", writing)
    run_inline(studio, job_id)
    assert studio.jobs.get(job_id).state is JobState.FAILED
    assert (folder / "shop.db").read_bytes() == before


def test_a_wrong_query_fails_with_the_words_of_the_database(studio: Store) -> None:
    job_id = ask(studio, "sqlite:///shop.db", "SELECT nix FROM reviews")
    run_inline(studio, job_id)
    assert studio.jobs.get(job_id).error == (
        "The database refused the query: no such column: nix. Correct it."
    )
    assert left_behind(studio) == []


def test_a_query_without_rows_says_so_and_leaves_nothing(studio: Store) -> None:
    job_id = ask(studio, "sqlite:///shop.db", "SELECT body FROM reviews WHERE id = '9'")
    run_inline(studio, job_id)
    assert "Not one row came" in str(studio.jobs.get(job_id).error)
    assert all_uploads(studio) == []


@pytest.mark.parametrize(
    "name",
    ["../home/weft.db", "/etc/passwd", "../../x.db", "link.db", "inside/weft.db"],
)
def test_only_files_of_the_open_folder_can_be_read(
    studio: Store, folder: Path, tmp_path: Path, name: str
) -> None:
    (folder / "link.db").symlink_to(tmp_path / "home" / "weft.db")
    (folder / "inside").symlink_to(tmp_path / "home")
    with pytest.raises(Forbidden, match="not in the folder that is open"):
        ask(studio, f"sqlite:///{name}", "SELECT 1")


def test_the_studio_itself_stays_closed_though_its_folder_is_open(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings(home, f"sqlite:///{tmp_path}/own.db", import_folder=tmp_path)
    store = Store.open(settings)
    with pytest.raises(Forbidden):
        ask(store, "sqlite:///home/weft.db", "SELECT 1")
    job_id = ask(store, "sqlite:///own.db", "SELECT 1 AS text")
    run_inline(store, job_id)
    assert "database of Weft itself" in str(store.jobs.get(job_id).error)
    store.close()


def test_without_an_open_folder_no_file_can_be_read(store: Store) -> None:
    with pytest.raises(Forbidden, match="STUDIO_IMPORT_FOLDER"):
        ask(store, "sqlite:///shop.db", "SELECT 1")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u@h/n", "reads PostgreSQL and SQLite"),
        ("postgresql:///weft", "needs user, host and name"),
        ("postgresql://u@/n?host=/var/run", "parameter 'host'"),
        ("postgresql://u@h/n?options=-c", "parameter 'options'"),
        ("sqlite:///file:shop.db?mode=rw", "parameter 'mode'"),
        ("sqlite://", "names no file"),
        ("sqlite:///none.db", "There is no 'none.db'"),
        ("nonsense", "cannot be read"),
    ],
)
def test_addresses_that_cannot_be_are_refused(studio: Store, url: str, says: str) -> None:
    with pytest.raises(StudioError, match=says):
        ask(studio, url, "SELECT 1")


def test_a_password_is_in_one_file_and_then_nowhere(studio: Store) -> None:
    job_id = ask(studio, f"postgresql://u:{SECRET}@127.0.0.1:1/n", "SELECT 1 AS text")
    (kept,) = [studio.home / "uploads" / name for name in left_behind(studio)]
    assert kept.read_text() == SECRET
    assert kept.stat().st_mode & 0o777 == 0o600
    assert SECRET not in json.dumps(dict(studio.jobs.get(job_id).spec))
    run_inline(studio, job_id)
    assert "cannot be reached" in str(studio.jobs.get(job_id).error)
    files = [path for path in studio.home.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_password_of_a_job_that_was_stopped_is_forgotten(studio: Store) -> None:
    import os

    job_id = ask(studio, f"postgresql://u:{SECRET}@127.0.0.1:1/n", "SELECT 1 AS text")
    cancel(studio, job_id)
    (name,) = left_behind(studio)
    os.utime(studio.home / "uploads" / name, (1, 1))
    options = {"url": "sqlite:///shop.db", "query": "SELECT body FROM reviews"}
    project = studio.jobs.get(job_id).project_id
    assert project is not None
    do(studio, sources.start_fetch(studio, ME, project, source="sql", options=options))
    assert left_behind(studio) == []


def test_a_query_that_never_ends_can_be_stopped(studio: Store) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    job_id = ask(studio, "sqlite:///shop.db", endless)

    def stop(fraction: float, message: str = "") -> None:
        cancel(studio, job_id)

    run_inline(studio, job_id, stop)
    assert studio.jobs.get(job_id).state is JobState.CANCELED
    assert all_uploads(studio) == []


def test_a_viewer_may_not_fetch_and_an_unknown_source_is_named(studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["a", "b"])
    with pytest.raises(Forbidden):
        sources.start_fetch(studio, GUEST, number, source="sql", options={})
    with pytest.raises(NotFound, match="there are huggingface, sql"):
        sources.start_fetch(studio, ME, number, source="ftp", options={})
    with pytest.raises(Invalid, match="'query' is missing"):
        sources.start_fetch(studio, ME, number, source="sql", options={"url": "sqlite:///shop.db"})


def test_postgresql_is_read_and_never_written(studio: Store, postgres: Postgres) -> None:
    with postgres.database() as address:
        engine = sa.create_engine(address)
        with engine.begin() as connection:
            connection.exec_driver_sql("create table reviews (id int, text text)")
            connection.exec_driver_sql(
                "insert into reviews select i, 'n' || i from generate_series(1, 2500) i"
            )
        own = sa.engine.make_url(address)
        url = f"postgresql://{own.username}:x@127.0.0.1:{own.port}/{own.database}"
        result = do(
            studio, ask(studio, url, "SELECT * FROM reviews WHERE text LIKE 'n%' ORDER BY id")
        )
        assert result["n_rows"] == 2500
        number = studio.jobs.list()[0].project_id
        assert number is not None
        writing = "WITH gone AS (DELETE FROM reviews RETURNING id) SELECT id FROM gone"
        options = {"url": url, "query": writing}
        job_id = sources.start_fetch(studio, ME, number, source="sql", options=options)
        run_inline(studio, job_id)
        assert studio.jobs.get(job_id).state is JobState.FAILED
        with engine.begin() as connection:
            assert connection.exec_driver_sql("select count(*) from reviews").scalar() == 2500
        engine.dispose()


@pytest.mark.slow
def test_a_saved_data_set_comes_in_with_names_of_labels(studio: Store, folder: Path) -> None:
    import datasets

    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["refund", "delivery"]),
            "tags": datasets.List(datasets.Value("string")),
            "photo": datasets.Image(),
            "n": datasets.Value("int32"),
        }
    )
    columns = {
        "text": [row[1] for row in ROWS],
        "label": [0, -1],
        "tags": [["a"], []],
        "photo": [None, None],
        "n": [1, None],
    }
    made = datasets.Dataset.from_dict(columns, features=features)
    datasets.DatasetDict({"train": made}).save_to_disk(str(folder / "mail"))
    number = projects.create_project(studio, ME, name="Mail", labels=["refund", "delivery"])
    options = {"folder": "mail", "split": "train"}
    result = do(
        studio, sources.start_fetch(studio, ME, number, source="huggingface", options=options)
    )
    assert result["notes"] == ["Left out, since it is no text: photo."]
    upload = studio.uploads.get(str(result["upload_id"]))
    assert upload.name == "mail, train"
    shown = importing.preview_upload(studio, upload.upload_id, format_name="parquet", options={})
    assert [dict(row) for row in shown.rows] == [
        {"text": ROWS[0][1], "label": "refund", "tags": '["a"]', "n": 1},
        {"text": ROWS[1][1], "label": None, "tags": "[]", "n": None},
    ]
    missing = {"folder": "mail", "split": "dev"}
    job_id = sources.start_fetch(studio, ME, number, source="huggingface", options=missing)
    run_inline(studio, job_id)
    assert studio.jobs.get(job_id).error == (
        "The saved data set has no split 'dev'; it has train."
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "../../etc", "split": "train"}, "no name of a data set"),
        ({"name": "a/b/c"}, "no name of a data set"),
        ({}, "either the name"),
        ({"name": "imdb", "folder": "x"}, "either the name"),
        ({"folder": ".."}, "not in the folder"),
        ({"folder": "shop.db"}, "is no folder"),
    ],
)
def test_data_sets_that_cannot_be_are_refused(
    studio: Store, options: dict[str, str], says: str
) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["a", "b"])
    with pytest.raises(StudioError, match=says):
        sources.start_fetch(studio, ME, number, source="huggingface", options=options)


@pytest.mark.slow
def test_offline_says_so(studio: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    number = projects.create_project(studio, ME, name="Mail", labels=["a", "b"])
    options = {"name": "nobody/nothing-of-this-name"}
    job_id = sources.start_fetch(studio, ME, number, source="huggingface", options=options)
    run_inline(studio, job_id)
    assert "seems to be offline" in str(studio.jobs.get(job_id).error)
    assert left_behind(studio) == []


def test_several_files_are_staged_as_one(studio: Store) -> None:
    import io

    number = projects.create_project(studio, ME, name="Mail", labels=["refund", "delivery"])
    files = [("a.csv", io.BytesIO(b"text\none\n")), ("a.csv", io.BytesIO(b"text\ntwo\n"))]
    upload = importing.stage_uploads(studio, ME, number, files=files)
    found = importing.detect_upload(studio, upload.upload_id)
    assert (found.format, found.note) == ("archive", "An archive of 2 CSV or TSV files.")
    shown = importing.preview_upload(
        studio, upload.upload_id, format_name="archive", options=found.options
    )
    assert [(row["text"], row["file"]) for row in shown.rows] == [
        ("one", "a.csv"),
        ("two", "a (2).csv"),
    ]
    alone = importing.stage_uploads(studio, ME, number, files=files[:1])
    assert alone.name == "a.csv"
    with pytest.raises(Invalid, match="No file was chosen"):
        importing.stage_uploads(studio, ME, number, files=[])
    with pytest.raises(Forbidden):
        importing.stage_uploads(studio, GUEST, number, files=files)
