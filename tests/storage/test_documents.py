from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import Conflict, Invalid, NotFound, Unavailable
from studio.storage.shards import BATCH_ROWS, SHARD_ROWS
from studio.storage.store import Store
from tests.storage.making import add_documents, batch, make_project


def zeros(n: int) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    return np.zeros(n, np.int8)


def files(store: Store) -> list[Path]:
    return [path for path in store.home.glob("projects/*/shards/**/*") if path.is_file()]


def test_documents_come_back_in_the_order_asked_for(any_store: Store) -> None:
    project_id = make_project(any_store, ())
    with any_store.documents.open_writer(project_id) as writer:
        first = batch(["Hé", "", "退款"], where=["a", None, "b"], stars=[1, 2, 3])
        writer.write(first, np.array([0, 1, 2], np.int8))
        shards = writer.commit()
    assert [(s.first_doc_id, s.n_docs) for s in shards] == [(0, 3)]
    found = any_store.documents.get(project_id, [2, 0, 2, 1])
    assert [d.doc_id for d in found] == [2, 0, 2, 1]
    assert [d.text for d in found] == ["退款", "Hé", "退款", ""]
    assert [d.split for d in found] == [Split.TEST, Split.TRAIN, Split.TEST, Split.DEV]
    assert found[3].metadata == {"where": None, "stars": 2}
    assert found[3].external_id == "1"
    assert any_store.documents.texts(project_id, [1, 2]) == ["", "退款"]
    assert any_store.documents.get(project_id, []) == []


def test_nothing_is_seen_before_commit_and_nothing_is_left_without(any_store: Store) -> None:
    project_id = make_project(any_store, ())
    revision = any_store.projects.get(project_id).revision
    with any_store.documents.open_writer(project_id) as writer:
        writer.write(batch(["a"]), zeros(1))
        assert any_store.documents.count(project_id) == 0
    assert files(any_store) == []
    assert any_store.projects.get(project_id).revision == revision
    with pytest.raises(Conflict, match="new writer"):
        writer.commit()


def test_an_error_while_writing_leaves_nothing(store: Store) -> None:
    project_id = make_project(store, ())

    def write_wrong() -> None:
        with store.documents.open_writer(project_id) as writer:
            writer.write(batch(["a"]), zeros(1))
            writer.write(batch(["b"]), zeros(2))

    with pytest.raises(Invalid, match="2 splits were given for 1"):
        write_wrong()
    assert files(store) == []
    assert store.documents.texts(project_id) == []


def test_a_rolled_back_import_leaves_no_document(any_store: Store) -> None:
    project_id = make_project(any_store, ["old"])

    def fail_late() -> None:
        with any_store.transaction():
            add_documents(any_store, project_id, ["new", "newer"])
            assert any_store.documents.count(project_id) == 3
            assert any_store.documents.texts(project_id) == ["old", "new", "newer"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert any_store.documents.texts(project_id) == ["old"]
    add_documents(any_store, project_id, ["other"])
    assert any_store.documents.texts(project_id) == ["old", "other"]
    assert len(any_store.documents.splits(project_id)) == 2


def test_ids_go_on_where_they_ended(any_store: Store) -> None:
    project_id = make_project(any_store, ["a", "b"])
    add_documents(any_store, project_id, ["c"], split=2)
    add_documents(any_store, project_id, ["a", "b"], split=1)
    assert any_store.documents.texts(project_id) == ["a", "b", "c", "a", "b"]
    assert any_store.documents.splits(project_id).tolist() == [0, 0, 2, 1, 1]
    assert [s.first_doc_id for s in any_store.documents.shards(project_id)] == [0, 2, 3]


def test_the_same_file_twice_is_kept_on_the_disk_once(store: Store) -> None:
    project_id = make_project(store, ["a", "b"])
    add_documents(store, project_id, ["a", "b"])
    assert len(files(store)) == 1
    assert store.documents.count(project_id) == 4


@pytest.mark.slow
def test_shards_and_batches_have_their_sizes_and_can_be_mapped(store: Store) -> None:
    project_id = make_project(store, ())
    n = SHARD_ROWS + 10_000
    with store.documents.open_writer(project_id) as writer:
        for start in range(0, n, 9_000):
            size = min(9_000, n - start)
            writer.write(batch([f"text {start + i}" for i in range(size)]), zeros(size))
        shards = writer.commit()
    assert [s.n_docs for s in shards] == [SHARD_ROWS, 10_000]
    for shard in shards:
        with pa.ipc.open_file(pa.memory_map(str(shard.path))) as reader:
            sizes = [reader.get_batch(i).num_rows for i in range(reader.num_record_batches)]
        assert max(sizes) <= BATCH_ROWS
        assert sum(sizes) == shard.n_docs
        before = pa.total_allocated_bytes()
        assert store.documents.table(shard).num_rows == shard.n_docs
        assert pa.total_allocated_bytes() - before < 100_000
    wanted = [n - 1, 0, SHARD_ROWS, SHARD_ROWS - 1]
    assert store.documents.texts(project_id, wanted) == [f"text {i}" for i in wanted]


def test_columns_may_change_between_imports_and_within_one(store: Store) -> None:
    project_id = make_project(store, ["old"])
    with store.documents.open_writer(project_id) as writer:
        writer.write(batch(["a"], stars=[1]), zeros(1))
        writer.write(batch(["b"], stars=["many"], place=["Bonn"]), zeros(1))
        assert len(writer.commit()) == 2
    assert store.documents.metadata_columns(project_id) == ("stars", "place")
    assert [dict(d.metadata) for d in store.documents.get(project_id, [0, 1, 2])] == [
        {},
        {"stars": 1},
        {"stars": "many", "place": "Bonn"},
    ]


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: pa.record_batch({"text": ["a"]}), "no column 'external_id'"),
        (lambda: pa.record_batch({"external_id": ["1"], "text": [None]}), "empty cells"),
        (lambda: batch(["a"], tags=[["x"]]), "lists or objects"),
        (
            lambda: pa.RecordBatch.from_arrays(
                [pa.array(["1"])] * 3, ["external_id", "text", "text"]
            ),
            "Two columns",
        ),
        (
            lambda: pa.record_batch({"external_id": ["1"], "text": pa.array([b"\xff"])}),
            "damaged",
        ),
    ],
)
def test_a_batch_that_cannot_be_kept_is_refused(store: Store, made, sentence: str) -> None:  # type: ignore[no-untyped-def]
    project_id = make_project(store, ())
    with (
        store.documents.open_writer(project_id) as writer,
        pytest.raises(Invalid, match=sentence),
    ):
        writer.write(made(), zeros(1))


def test_other_flat_types_become_text(store: Store) -> None:
    project_id = make_project(store, ())
    with store.documents.open_writer(project_id) as writer:
        days = pa.array([0], pa.date32())
        writer.write(batch(["a"], day=days, nothing=pa.nulls(1), yes=[True]), zeros(1))
        writer.commit()
    metadata = dict(store.documents.get(project_id, [0])[0].metadata)
    assert metadata == {"day": "1970-01-01", "nothing": None, "yes": True}


def test_splits_are_set_all_at_once(any_store: Store) -> None:
    project_id = make_project(any_store, ["a", "b"])
    add_documents(any_store, project_id, ["c"])
    any_store.documents.set_splits(project_id, np.array([2, 1, 0], np.int8))
    assert any_store.documents.splits(project_id).tolist() == [2, 1, 0]
    assert any_store.documents.splits(project_id).dtype == np.int8
    with pytest.raises(Invalid, match="2 splits were given for 3"):
        any_store.documents.set_splits(project_id, zeros(2))
    with pytest.raises(Invalid, match="3 is no split"):
        any_store.documents.set_splits(project_id, np.array([0, 0, 3], np.int8))


def test_lengths_are_in_characters(any_store: Store) -> None:
    project_id = make_project(any_store, ["退款", "", "😀a"])
    found = any_store.documents.text_lengths(project_id)
    assert (found.dtype, found.tolist()) == (np.int32, [2, 0, 2])


@pytest.mark.parametrize("doc_id", [3, -1])
def test_a_document_that_is_none_is_not_found(store: Store, doc_id: int) -> None:
    project_id = make_project(store)
    with pytest.raises(NotFound, match=f"no document {doc_id}"):
        store.documents.get(project_id, [0, doc_id])
    with pytest.raises(NotFound, match=f"no document {doc_id}"):
        store.documents.texts(project_id, [doc_id])


def test_a_lost_shard_is_said_not_hidden(store: Store) -> None:
    project_id = make_project(store)
    for file in files(store):
        file.unlink()
    with pytest.raises(Unavailable, match="backup"):
        store.documents.texts(project_id)


def test_a_project_without_documents_is_no_trouble(any_store: Store) -> None:
    project_id = make_project(any_store, ())
    assert any_store.documents.texts(project_id) == []
    assert any_store.documents.splits(project_id).shape == (0,)
    assert any_store.documents.text_lengths(project_id).shape == (0,)
    assert any_store.documents.metadata_columns(project_id) == ()
    assert any_store.documents.matching(project_id, DocumentFilter("x")).shape == (0,)
    with any_store.documents.open_writer(project_id) as writer:
        assert writer.commit() == ()


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(st.lists(TEXT, min_size=1, max_size=5), max_size=4))
def test_texts_come_back_as_they_were_written(store: Store, parts: list[list[str]]) -> None:
    project_id = make_project(store, ())
    with store.documents.open_writer(project_id) as writer:
        for part in parts:
            writer.write(batch(part), zeros(len(part)))
        writer.commit()
    everything = [text for part in parts for text in part]
    assert store.documents.texts(project_id) == everything
    ids = list(range(len(everything)))[::-1]
    assert store.documents.texts(project_id, ids) == everything[::-1]
    for needle in {text[:2] for text in everything if text.isascii()}:
        total = int(store.documents.matching(project_id, DocumentFilter(needle)).sum())
        ascii_hits = sum(needle.lower() in text.lower() for text in everything if text.isascii())
        assert total >= ascii_hits
