"""Uploads and artifacts."""

from __future__ import annotations

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import Invalid, NotFound
from studio.storage.store import Store
from tests.storage.making import batch, make_project


def test_an_upload_keeps_its_name_as_data_only(any_store: Store) -> None:
    project_id = make_project(any_store)
    stream = io.BytesIO(b"text\nhello\n")
    stream.read()
    upload = any_store.uploads.save(stream, "../../etc/pass\0wd.csv", "ada", project_id)
    assert upload.path.read_bytes() == b"text\nhello\n"
    assert (upload.name, upload.size) == ("../../etc/pass\ufffdwd.csv", 11)
    assert upload.path.parent == any_store.home / "uploads"
    assert any_store.uploads.get(upload.upload_id) == upload


def test_a_deleted_upload_is_gone_and_deleting_again_is_no_trouble(any_store: Store) -> None:
    upload = any_store.uploads.save(io.BytesIO(b"x"), "a", "ada", make_project(any_store))
    for _ in range(2):
        any_store.uploads.delete(upload.upload_id)
    assert not upload.path.exists()
    with pytest.raises(NotFound, match="Upload the file again"):
        any_store.uploads.get(upload.upload_id)


def test_a_deletion_that_is_rolled_back_keeps_the_file(any_store: Store) -> None:
    upload = any_store.uploads.save(io.BytesIO(b"x"), "a", "ada", make_project(any_store))

    def fail_late() -> None:
        with any_store.transaction():
            any_store.uploads.delete(upload.upload_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert any_store.uploads.get(upload.upload_id).path.read_bytes() == b"x"


@pytest.mark.parametrize("upload_id", ["", "../weft.sqlite", "0" * 32])
def test_an_id_cannot_lead_to_another_file(store: Store, upload_id: str) -> None:
    with pytest.raises(NotFound):
        store.uploads.get(upload_id)
    store.uploads.delete(upload_id)
    assert (store.home / "weft.sqlite").exists()


def test_an_upload_to_no_project_leaves_nothing(store: Store) -> None:
    with pytest.raises(NotFound, match="no project 9"):
        store.uploads.save(io.BytesIO(b"x"), "a", "ada", 9)
    assert not (store.home / "uploads").exists()


def test_a_folder_appears_whole_or_not_at_all(store: Store) -> None:
    target = store.home / "artifacts" / "models" / "run-1"

    def fail_late() -> None:
        with store.artifacts.new_folder("models", "run-1") as folder:
            (folder / "half").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert list(target.parent.iterdir()) == []
    with store.artifacts.new_folder("models", "run-1") as folder:
        (folder / "model").write_text("one")
        assert not target.exists()
    assert store.artifacts.path("artifacts/models/run-1") == target.resolve()
    assert (target / "model").read_text() == "one"


def test_a_job_that_begins_anew_replaces_its_folder(store: Store) -> None:
    for text in ("one", "two"):
        with store.artifacts.new_folder("models", "run-1") as folder:
            (folder / text).write_text(text)
    target = store.home / "artifacts" / "models" / "run-1"
    assert [path.name for path in target.iterdir()] == ["two"]
    assert [path.name for path in target.parent.iterdir()] == ["run-1"]


@pytest.mark.parametrize("path", ["..", "../x", "/etc/passwd", "a/../../x", "", ".", "a\0b"])
def test_no_path_leaves_the_home(store: Store, path: str) -> None:
    with pytest.raises(Invalid, match="not inside"):
        store.artifacts.path(path)


def test_no_link_leaves_the_home(store: Store, tmp_path: Path) -> None:
    os.symlink(tmp_path, store.home / "link")
    with pytest.raises(Invalid):
        store.artifacts.path("link/secret")


def test_a_path_and_its_stored_form_belong_together(store: Store) -> None:
    path = store.home / "artifacts" / "models" / "run-1"
    assert store.artifacts.relative(path) == "artifacts/models/run-1"
    assert store.artifacts.path(store.artifacts.relative(path)) == path.resolve()
    with pytest.raises(Invalid):
        store.artifacts.relative(Path("/etc/passwd"))


@pytest.mark.parametrize("name", ["", "..", "a/b", ".x"])
def test_a_folder_needs_a_plain_name(store: Store, name: str) -> None:
    with pytest.raises(Invalid), store.artifacts.new_folder("models", name):
        pass


def test_of_many_who_make_one_folder_at_once_one_stays_whole(store: Store) -> None:
    start = threading.Barrier(4)

    def make(who: int) -> None:
        start.wait()
        for _ in range(10):
            with store.artifacts.new_folder("sets", "same") as folder:
                (folder / "a").write_text(str(who))
                (folder / "b").write_text(str(who))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    target = store.home / "artifacts" / "sets" / "same"
    assert (target / "a").read_text() == (target / "b").read_text()
    assert [path.name for path in target.parent.iterdir()] == ["same"]


def test_only_old_leftovers_are_swept(store: Store) -> None:
    project_id = make_project(store)
    killed = store.documents.open_writer(project_id)
    killed.write(batch(["never finished"]), np.zeros(1, np.int8))
    store.arrays.save("kind", "ab", np.zeros(3))
    half = store.home / "arrays" / "kind" / "ab" / f".ab.npy.{'0' * 32}"
    half.write_bytes(b"half")
    assert store.sweep() == 0
    assert store.sweep(timedelta(seconds=-5)) == 2
    assert not half.exists()
    assert store.documents.texts(project_id) == ["one", "two", "three"]
    assert store.arrays.exists("kind", "ab")
