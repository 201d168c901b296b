"""Votes, arrays and explanations: files named by what made them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from studio.core.errors import Invalid
from studio.core.functions import Fault, Votes
from studio.storage.files import load_array, new_file, safe_name, save_array
from studio.storage.store import Store
from tests.storage.making import add_documents, make_project


def test_votes_come_back_with_their_faults(store: Store) -> None:
    project_id = make_project(store)
    (shard,) = store.documents.shards(project_id)
    fault = Fault("f", "ValueError", "bad \ud800 value", line=3, doc_id=1, count=2)
    assert store.votes.load("f1", shard) is None
    store.votes.save("f1", shard, Votes(np.array([1, -1, 0]), (fault,), tier="full"))
    found = store.votes.load("f1", shard)
    assert found is not None
    assert (found.votes.dtype, found.votes.tolist()) == (np.int16, [1, -1, 0])
    assert (found.faults, found.tier, found.n_faults) == ((fault,), "full", 2)


def test_votes_are_missing_where_the_function_was_not_asked(store: Store) -> None:
    project_id = make_project(store)
    add_documents(store, project_id, ["four"])
    first, second = store.documents.shards(project_id)
    store.votes.save("f1", first, Votes(np.zeros(3, np.int16)))
    assert store.votes.missing("f1", (first, second)) == [second]
    assert store.votes.missing("f2", (first, second)) == [first, second]


def test_the_same_texts_elsewhere_have_votes_of_their_own(store: Store) -> None:
    one, other = (store.documents.shards(make_project(store))[0] for _ in range(2))
    assert one.fingerprint == other.fingerprint
    store.votes.save("f1", one, Votes(np.zeros(3, np.int16)))
    assert store.votes.load("f1", other) is None


def test_votes_must_fit_the_documents(store: Store) -> None:
    (shard,) = store.documents.shards(make_project(store))
    with pytest.raises(Invalid, match="3 documents"):
        store.votes.save("f1", shard, Votes(np.zeros(2, np.int16)))


def test_an_array_comes_back_mapped_and_read_only(store: Store) -> None:
    big = np.arange(10_000, dtype=np.float32).reshape(-1, 2)
    assert store.arrays.load("weak-labels", "ab12") is None
    store.arrays.save("weak-labels", "ab12", big)
    found = store.arrays.load("weak-labels", "ab12")
    assert isinstance(found, np.memmap)
    assert not found.flags.writeable
    assert (found == big).all()
    assert store.arrays.exists("weak-labels", "ab12")
    assert not store.arrays.exists("covered", "ab12")


@given(
    arrays(
        st.sampled_from([np.float32, np.int16, np.bool_, np.int64]),
        array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_any_array_of_numbers_survives(tmp_path_factory, array) -> None:  # type: ignore[no-untyped-def]

    path = tmp_path_factory.getbasetemp() / "any.npy"
    save_array(path, array)
    found = load_array(path)
    assert found is not None
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


def test_objects_are_refused_in_both_directions(store: Store) -> None:
    with pytest.raises(Invalid, match="Python objects"):
        store.arrays.save("kind", "ab", np.array([{}], dtype=object))
    path = store.home / "arrays" / "kind" / "cd" / "cd.npy"
    path.parent.mkdir(parents=True)
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    assert store.arrays.load("kind", "cd") is None


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"nothing of the kind"])
def test_a_damaged_array_is_as_good_as_none(store: Store, damage: bytes) -> None:
    store.arrays.save("kind", "ab", np.zeros(3))
    next((store.home / "arrays").rglob("*.npy")).write_bytes(damage)
    assert store.arrays.load("kind", "ab") is None


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a\0", "ü", "x" * 129])
def test_a_name_cannot_lead_elsewhere(store: Store, name: str) -> None:
    with pytest.raises(Invalid, match="cannot name a file"):
        safe_name(name)
    with pytest.raises(Invalid):
        store.arrays.save("kind", name, np.zeros(1))
    with pytest.raises(Invalid):
        store.explanations.find(name)


def test_a_file_is_there_whole_or_not_at_all(store: Store) -> None:
    path = store.home / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with new_file(path) as stream:
            stream.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_bytes() == b"old"
    with new_file(path, durable=True) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [p.name for p in store.home.iterdir() if p.name.startswith(".")] == []


def test_an_explanation_comes_back_as_json(store: Store) -> None:
    assert store.explanations.find("ab12") is None
    store.explanations.save(
        "ab12", {"spans": ((0, 2),), "text": "退\ud800", "base": float("nan"), "n": np.int64(3)}
    )
    assert store.explanations.find("ab12") == {
        "spans": [[0, 2]],
        "text": "退\ud800",
        "base": None,
        "n": 3,
    }
