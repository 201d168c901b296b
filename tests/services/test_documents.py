from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from studio.core.documents import ColumnMapping, DocumentFilter, Split
from studio.core.errors import BadFile, Forbidden, Invalid
from studio.core.schema import ABSTAIN
from studio.services import documents, importing, labeling, projects
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, do, make_project, source, write_rows


def test_labels_and_splits_come_along(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    assert documents.split_counts(store, number) == {Split.TRAIN: 6, Split.DEV: 2, Split.TEST: 2}
    assert store.annotations.gold(number).tolist() == [0, 0, 0, 0, 1, 1, 1, 1, -1, -1]


def test_an_upload_goes_through_preview_and_import(store: Store, tmp_path: Path) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    content = write_rows(tmp_path).read_bytes()
    name = "../../x<img src=x>.csv"
    upload = importing.stage_upload(store, ME, number, name=name, stream=io.BytesIO(content))
    assert upload.path.resolve().is_relative_to(store.home.resolve())
    found = importing.detect_upload(store, upload.upload_id)
    assert found.format == "csv"
    seen = importing.preview_upload(
        store, upload.upload_id, format_name="csv", options=found.options
    )
    assert seen.mapping is not None
    assert (seen.mapping.text, seen.mapping.label, seen.mapping.split) == (
        "text",
        "label",
        "split",
    )
    job_id = importing.start_import(
        store,
        ME,
        number,
        upload_id=upload.upload_id,
        format_name="csv",
        options=found.options,
        mapping=seen.mapping,
    )
    assert do(store, job_id)["n_documents"] == 10
    assert store.documents.count(number) == 10


def test_an_import_done_twice_imports_once(store: Store, tmp_path: Path) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    stream = io.BytesIO(write_rows(tmp_path).read_bytes())
    upload = importing.stage_upload(store, ME, number, name="rows.csv", stream=stream)
    mapping = ColumnMapping(text="text", label="label")
    ask = {
        "upload_id": upload.upload_id,
        "format_name": "csv",
        "options": {},
        "mapping": mapping,
    }
    first = importing.start_import(store, ME, number, **ask)  # type: ignore[arg-type]
    second = importing.start_import(store, ME, number, **ask)  # type: ignore[arg-type]
    do(store, first)
    do(store, second)
    assert store.documents.count(number) == 10


def test_an_unknown_label_imports_nothing(store: Store, tmp_path: Path) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    path = write_rows(tmp_path, (("a text", "refund", "train"), ("b text", "banana", "train")))
    with pytest.raises(Invalid, match="banana"):
        importing.import_file(store, ME, number, source=source(path))
    assert store.documents.count(number) == 0
    assert store.documents.shards(number) == ()


def test_more_documents_keep_the_ids_of_the_old_ones(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    before = store.documents.texts(number)
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path)))
    assert store.documents.count(number) == 20
    assert store.documents.texts(number)[:10] == before


def test_vote_columns_become_functions_and_abstain_elsewhere(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    path = tmp_path / "votes.csv"
    path.write_text("text,vote:anna\nfirst,refund\nsecond,\n", encoding="utf-8")
    mapping = ColumnMapping(text="text")
    report = importing.import_file(
        store, ME, number, source=importing.Source(path, "csv", {}, mapping)
    )
    assert report.vote_functions == ("anna",)
    matrix = labeling.vote_matrix(store, number)
    assert matrix.lf_names == ("anna",)
    assert matrix.votes[:, 0].tolist() == [ABSTAIN] * 10 + [0, ABSTAIN]


def test_splits_are_dealt_label_by_label_and_by_seed(store: Store, tmp_path: Path) -> None:
    rows = tuple((f"text {i}", "refund" if i % 4 else "delivery", "train") for i in range(80))
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    found = documents.split_documents(store, ME, number, dev=0.1, test=0.2, seed=7)
    assert found == {Split.TRAIN: 56, Split.DEV: 8, Split.TEST: 16}
    gold, first = store.annotations.gold(number), store.documents.splits(number).copy()
    for label in (0, 1):
        share = (first[gold == label] == Split.TEST.code).mean()
        assert share == pytest.approx(0.2)
    documents.split_documents(store, ME, number, dev=0.1, test=0.2, seed=7)
    np.testing.assert_array_equal(store.documents.splits(number), first)


@pytest.mark.parametrize(("dev", "test"), [(-0.1, 0.2), (0.5, 0.5), (0.9, 0.4)])
def test_shares_that_leave_no_train_are_refused(
    store: Store, tmp_path: Path, dev: float, test: float
) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Invalid):
        documents.split_documents(store, ME, number, dev=dev, test=test, seed=0)


def test_a_page_beyond_the_end_is_the_last_one(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    page = documents.page_of_documents(store, number, DocumentFilter(), page=99, size=4)
    assert (page.page, page.n_pages, page.total) == (3, 3, 10)
    assert [row.document.doc_id for row in page.rows] == [8, 9]


def test_a_filter_narrows_by_text_and_split(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    query = DocumentFilter(text="PARCEL", split=Split.TRAIN)
    page = documents.page_of_documents(store, number, query)
    assert [row.document.doc_id for row in page.rows] == [4, 5, 9]


def test_an_empty_file_is_refused_with_a_sentence(store: Store, tmp_path: Path) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    upload = importing.stage_upload(store, ME, number, name="a.csv", stream=io.BytesIO(b""))
    with pytest.raises(BadFile, match="empty"):
        importing.detect_upload(store, upload.upload_id)


def test_a_viewer_may_not_upload(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Forbidden):
        importing.stage_upload(store, GUEST, number, name="a.csv", stream=io.BytesIO(b"x"))
