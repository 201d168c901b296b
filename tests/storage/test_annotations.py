from __future__ import annotations

import numpy as np
import pytest

from studio.core.annotations import AnnotationStatus, Answer
from studio.core.errors import Invalid, NotFound, Unavailable
from studio.storage.store import Store
from tests.storage.making import add_documents, batch, make_project

DISCARDED, SKIPPED = AnnotationStatus.DISCARDED, AnnotationStatus.SKIPPED


def answer(store: Store, project_id: int, doc_id: int, label: int, actor: str = "ada") -> int:
    key = f"{actor}-{doc_id}-{store.projects.get(project_id).revision}"
    entry = store.annotations.add(project_id, [Answer(key, doc_id, label)], actor=actor)
    assert entry is not None
    return entry


def gold(store: Store, project_id: int) -> list[int]:
    return list(store.annotations.gold(project_id).tolist())


def test_no_answers_no_gold(any_store: Store) -> None:
    project_id = make_project(any_store)
    found = any_store.annotations.gold(project_id)
    assert (found.dtype, found.tolist()) == (np.int16, [-1, -1, -1])
    assert any_store.annotations.status(project_id).dtype == np.int8
    assert any_store.annotations.count(project_id) == 0


def test_the_newest_answer_counts(any_store: Store) -> None:
    project_id = make_project(any_store)
    answer(any_store, project_id, 1, 0)
    answer(any_store, project_id, 1, 1, actor="bob")
    assert gold(any_store, project_id) == [-1, 1, -1]
    assert any_store.annotations.count(project_id) == 1


def test_the_same_answer_twice_is_stored_once(any_store: Store) -> None:
    project_id = make_project(any_store)
    twice = Answer("key", 0, 1)
    assert any_store.annotations.add(project_id, [twice, twice], actor="ada") is not None
    revision = any_store.projects.get(project_id).revision
    assert any_store.annotations.add(project_id, [twice], actor="ada") is None
    assert any_store.projects.get(project_id).revision == revision
    assert len(any_store.annotations.history(project_id, 0)) == 1
    mixed = [twice, Answer("new", 1, 0)]
    assert any_store.annotations.add(project_id, mixed, actor="ada") is not None
    assert len(any_store.annotations.history(project_id, 0)) == 1
    assert gold(any_store, project_id) == [1, 0, -1]


def test_a_repeated_answer_that_was_undone_stays_undone(any_store: Store) -> None:
    project_id = make_project(any_store)
    any_store.annotations.add(project_id, [Answer("key", 0, 1)], actor="ada")
    any_store.annotations.undo(project_id, actor="ada")
    assert any_store.annotations.add(project_id, [Answer("key", 0, 1)], actor="ada") is None
    assert gold(any_store, project_id) == [-1, -1, -1]


def test_one_key_may_serve_two_projects(any_store: Store) -> None:
    for project_id in (make_project(any_store), make_project(any_store)):
        any_store.annotations.add(project_id, [Answer("key", 0, 1)], actor="ada")
        assert gold(any_store, project_id)[0] == 1


def test_a_discarded_answer_removes_gold_and_a_skipped_one_does_not(any_store: Store) -> None:
    project_id = make_project(any_store)
    for doc_id in range(3):
        answer(any_store, project_id, doc_id, 1)
    any_store.annotations.add(
        project_id, [Answer("d", 0, None, DISCARDED), Answer("s", 1, None, SKIPPED)], actor="ada"
    )
    assert gold(any_store, project_id) == [-1, 1, 1]
    assert any_store.annotations.status(project_id).tolist() == [2, 1, 1]
    assert any_store.annotations.count(project_id) == 2


def test_undo_takes_back_only_the_newest_of_that_person(any_store: Store) -> None:
    project_id = make_project(any_store)
    answer(any_store, project_id, 0, 1)
    answer(any_store, project_id, 1, 1)
    answer(any_store, project_id, 2, 1, actor="bob")
    assert any_store.annotations.undo(project_id, actor="ada") == (1,)
    assert any_store.annotations.undo(project_id, actor="ada") == (0,)
    assert any_store.annotations.undo(project_id, actor="ada") == ()
    assert gold(any_store, project_id) == [-1, -1, 1]


def test_undo_of_a_key_takes_back_the_entry_of_that_answer_once(any_store: Store) -> None:
    project_id = make_project(any_store)
    other = make_project(any_store)
    any_store.annotations.add(other, [Answer("old", 2, 1)], actor="ada")
    any_store.annotations.add(project_id, [Answer("old", 0, 1)], actor="ada")
    bulk = [Answer("many", 1, 1), Answer("more", 2, 0)]
    any_store.annotations.add(project_id, bulk, actor="ada", kind="bulk")
    any_store.annotations.add(project_id, [Answer("new", 0, 0)], actor="ada")
    assert any_store.annotations.undo(project_id, actor="bob", key="old") == ()
    assert any_store.annotations.undo(project_id, actor="ada", key="unknown") == ()
    assert any_store.annotations.undo(project_id, actor="ada", key="old") == (0,)
    assert any_store.annotations.undo(project_id, actor="ada", key="old") == ()
    assert gold(any_store, project_id) == [0, 1, 0]
    assert any_store.annotations.undo(project_id, actor="ada", key="more") == (1, 2)
    assert gold(any_store, project_id) == [0, -1, -1]
    assert gold(any_store, other) == [-1, -1, 1]


def test_undo_uncovers_the_answer_before(any_store: Store) -> None:
    project_id = make_project(any_store)
    answer(any_store, project_id, 0, 0, actor="bob")
    answer(any_store, project_id, 0, 1)
    any_store.annotations.undo(project_id, actor="ada")
    assert gold(any_store, project_id)[0] == 0


def test_a_bulk_is_undone_as_one_and_can_be_redone(any_store: Store) -> None:
    project_id = make_project(any_store)
    bulk = [Answer(str(doc_id), doc_id, 1) for doc_id in (2, 0)]
    entry = any_store.annotations.add(project_id, bulk, actor="ada", kind="bulk")
    assert entry is not None
    answer(any_store, project_id, 0, 0)
    any_store.annotations.undo_entry(entry)
    any_store.annotations.undo_entry(entry)
    assert gold(any_store, project_id) == [0, -1, -1]
    any_store.annotations.redo_entry(entry)
    assert gold(any_store, project_id) == [0, -1, 1]
    any_store.annotations.undo(project_id, actor="ada")
    assert any_store.annotations.undo(project_id, actor="ada") == (2, 0)
    with pytest.raises(NotFound, match="no entry 999"):
        any_store.annotations.undo_entry(999)


def test_imported_gold_is_counted_apart_and_survives_undo(any_store: Store) -> None:
    project_id = make_project(any_store)
    any_store.annotations.add_gold(
        project_id, np.array([2, 1], np.int64), np.array([1, 0], np.int16), actor="ada"
    )
    assert gold(any_store, project_id) == [-1, 0, 1]
    answer(any_store, project_id, 1, 1)
    counts = (
        any_store.annotations.count(project_id),
        any_store.annotations.count_imported(project_id),
    )
    assert counts == (1, 1)
    assert any_store.annotations.undo(project_id, actor="ada") == (1,)
    assert any_store.annotations.undo(project_id, actor="ada") == ()
    assert gold(any_store, project_id) == [-1, 0, 1]


def test_of_import_and_answer_the_later_wins(any_store: Store) -> None:
    project_id = make_project(any_store)
    answer(any_store, project_id, 0, 1)
    entry = any_store.annotations.add_gold(
        project_id, np.array([0, 0], np.int64), np.array([1, 0], np.int16), actor="ada"
    )
    assert gold(any_store, project_id)[0] == 0
    any_store.annotations.undo_entry(entry)
    assert gold(any_store, project_id)[0] == 1


def test_skipped_are_those_a_person_has_not_answered_since(any_store: Store) -> None:
    project_id = make_project(any_store)
    for doc_id in (2, 0, 1):
        skip = Answer(f"s{doc_id}", doc_id, None, SKIPPED)
        any_store.annotations.add(project_id, [skip], actor="ada")
    answer(any_store, project_id, 1, 1)
    answer(any_store, project_id, 2, 1, actor="bob")
    assert any_store.annotations.skipped_by(project_id, "ada").tolist() == [0, 2]
    assert any_store.annotations.skipped_by(project_id, "bob").tolist() == []
    any_store.annotations.undo(project_id, actor="ada")
    assert any_store.annotations.skipped_by(project_id, "ada").tolist() == [0, 1, 2]


def test_recent_and_history_are_newest_first_without_undone(any_store: Store) -> None:
    project_id = make_project(any_store)
    any_store.annotations.add_gold(
        project_id, np.array([0], np.int64), np.array([1], np.int16), actor="ada"
    )
    for doc_id, label in ((0, 0), (1, 1), (0, 1)):
        answer(any_store, project_id, doc_id, label)
    recent = any_store.annotations.recent(project_id, actor="ada", limit=2)
    assert [(a.doc_id, a.label) for a in recent] == [(0, 1), (1, 1)]
    history = any_store.annotations.history(project_id, 0)
    assert [a.label for a in history] == [1, 0, 1]
    assert history[-1].annotation_id < 0
    any_store.annotations.undo(project_id, actor="ada")
    assert [a.label for a in any_store.annotations.history(project_id, 0)] == [0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        Answer("k", 3, 0),
        Answer("k", -1, 0),
        Answer("k", 0, 2),
        Answer("k", 0, -1),
        Answer("k", 0, None),
        Answer("k", 0, 1, SKIPPED),
        Answer("", 0, 1),
        Answer("x" * 201, 0, 1),
    ],
)
def test_an_answer_that_cannot_be_is_refused_with_all_beside_it(
    store: Store, wrong: Answer
) -> None:
    project_id = make_project(store)
    with pytest.raises(Invalid):
        store.annotations.add(project_id, [Answer("good", 1, 1), wrong], actor="ada")
    assert gold(store, project_id) == [-1, -1, -1]


def test_gold_that_cannot_be_is_refused(store: Store) -> None:
    project_id = make_project(store)
    for doc_id, label in ((3, 0), (0, 2), (0, -1)):
        with pytest.raises(Invalid, match="allowed are"):
            store.annotations.add_gold(
                project_id, np.array([doc_id], np.int64), np.array([label], np.int16), actor="a"
            )


def test_gold_grows_with_the_documents(any_store: Store) -> None:
    project_id = make_project(any_store)
    answer(any_store, project_id, 2, 1)
    assert len(gold(any_store, project_id)) == 3
    add_documents(any_store, project_id, ["four"])
    assert gold(any_store, project_id) == [-1, -1, 1, -1]


def test_what_a_caller_does_to_gold_stays_with_the_caller(store: Store) -> None:
    project_id = make_project(store)
    store.annotations.gold(project_id)[:] = 1
    assert gold(store, project_id) == [-1, -1, -1]


def test_lost_imported_gold_is_said_not_hidden(store: Store) -> None:
    project_id = make_project(store)
    store.annotations.add_gold(
        project_id, np.array([0], np.int64), np.array([1], np.int16), actor="ada"
    )
    for file in store.home.glob("projects/*/gold/*"):
        file.unlink()
    with pytest.raises(Unavailable, match="backup"):
        store.annotations.gold(project_id)


@pytest.mark.slow
def test_a_million_imported_labels_are_one_row(store: Store) -> None:
    n = 1_000_000
    project_id = make_project(store, ())
    with store.documents.open_writer(project_id) as writer:
        part = batch(["x"] * 50_000)
        for _ in range(n // 50_000):
            writer.write(part, np.zeros(50_000, np.int8))
        writer.commit()
    labels = (np.arange(n) % 2).astype(np.int16)
    store.annotations.add_gold(project_id, np.arange(n, dtype=np.int64), labels, actor="ada")
    assert (store.annotations.gold(project_id) == labels).all()
    assert store.annotations.count_imported(project_id) == n
