from __future__ import annotations

import pytest

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import Conflict, Invalid, NotFound
from studio.storage.store import Store
from tests.storage.making import make_project

LATE = DocumentFilter("late", Split.DEV)


def test_a_slice_keeps_its_filter_and_can_be_renamed(any_store: Store) -> None:
    project_id = make_project(any_store)
    made = any_store.slices.add(project_id, " 退款 late ", LATE, actor="ada")
    assert (made.name, made.filter, made.created_by) == ("退款 late", LATE, "ada")
    any_store.slices.rename(made.slice_id, "late")
    assert [one.name for one in any_store.slices.list(project_id)] == ["late"]
    assert any_store.slices.list(project_id + 1) == []


def test_two_living_slices_never_share_a_name(any_store: Store) -> None:
    project_id = make_project(any_store)
    first = any_store.slices.add(project_id, "late", LATE, actor="ada")
    other = any_store.slices.add(project_id, "other", LATE, actor="ada")
    with pytest.raises(Conflict, match="'late' exists already"):
        any_store.slices.add(project_id, "late", LATE, actor="ada")
    with pytest.raises(Conflict, match="'late' exists already"):
        any_store.slices.rename(other.slice_id, "late")
    any_store.slices.rename(first.slice_id, "late")
    any_store.slices.delete(first.slice_id)
    any_store.slices.rename(other.slice_id, "late")
    with pytest.raises(Conflict, match="'late' exists already"):
        any_store.slices.restore(first.slice_id)


def test_a_deleted_slice_comes_back_as_it_was(any_store: Store) -> None:
    project_id = make_project(any_store)
    made = any_store.slices.add(project_id, "late", LATE, actor="ada")
    any_store.slices.delete(made.slice_id)
    assert any_store.slices.list(project_id) == []
    assert any_store.slices.get(made.slice_id).deleted
    any_store.slices.restore(made.slice_id)
    assert any_store.slices.list(project_id) == [made]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_a_name_that_cannot_be_shown_is_refused(store: Store, name: str) -> None:
    project_id = make_project(store)
    with pytest.raises(Invalid, match="needs a name"):
        store.slices.add(project_id, name, LATE, actor="ada")


def test_a_slice_that_never_was_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no slice 7"):
        store.slices.get(7)
