from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import Conflict, Forbidden, Invalid, NotFound
from studio.core.slices import Scope
from studio.services import browsing, selections, slices
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, make_project
from tests.storage.making import add_documents

PARCEL = DocumentFilter("parcel")


@pytest.fixture
def number(store: Store, tmp_path: Path) -> int:
    return make_project(store, tmp_path)


def test_a_slice_is_asked_anew_each_time(store: Store, number: int) -> None:
    made = slices.save(store, ME, number, name="parcels", query=PARCEL)
    word = f"slice:{made.slice_id}"
    assert selections.resolve(store, number, word).tolist() == [4, 5, 6, 7, 9]
    assert selections.describe(store, number, word) == "Documents of the slice parcels"
    add_documents(store, number, ["no", "PARCEL"])
    assert slices.mask(store, number, made.slice_id).sum() == 6
    (row,) = slices.rows(store, number)
    assert (row.n_docs, row.words, row.problem) == (6, "text contains “parcel”", None)


def test_a_slice_can_rest_on_another(store: Store, number: int) -> None:
    first = slices.save(store, ME, number, name="parcels", query=PARCEL)
    query = DocumentFilter(split=Split.TRAIN, selection=f"slice:{first.slice_id}")
    second = slices.save(store, ME, number, name="train parcels", query=query)
    slices.delete(store, ME, number, first.slice_id)
    found = DocumentFilter("lost", selection=f"slice:{second.slice_id}")
    assert browsing.matches(store, number, found).tolist() == [5, 9]


def test_a_slice_of_what_is_not_there_is_refused(store: Store, number: int) -> None:
    with pytest.raises(NotFound, match="no slice 99"):
        slices.save(store, ME, number, name="x", query=DocumentFilter(selection="slice:99"))
    with pytest.raises(Invalid, match="No filter is set"):
        slices.save(store, ME, number, name="x", query=DocumentFilter())
    assert slices.choices(store, number) == []


def test_a_scope_is_a_slice_or_all_outside_of_it(store: Store, number: int) -> None:
    made = slices.save(store, ME, number, name="parcels", query=PARCEL)
    inside = slices.scope_mask(store, number, Scope(made.slice_id))
    outside = slices.scope_mask(store, number, Scope(made.slice_id, outside=True))
    assert inside.sum() == 5
    assert (inside != outside).all()
    assert slices.scope_mask(store, number, None).all()


def test_slices_are_renamed_deleted_and_brought_back(store: Store, number: int) -> None:
    made = slices.save(store, ME, number, name="b", query=PARCEL)
    slices.save(store, ME, number, name="A", query=PARCEL)
    assert [one.name for one in slices.choices(store, number)] == ["A", "b"]
    with pytest.raises(Conflict, match="exists already"):
        slices.rename(store, ME, number, made.slice_id, name="A")
    slices.rename(store, ME, number, made.slice_id, name="c")
    slices.delete(store, ME, number, made.slice_id)
    assert [one.name for one in slices.choices(store, number)] == ["A"]
    slices.restore(store, ME, number, made.slice_id)
    assert [one.name for one in slices.choices(store, number)] == ["A", "c"]


def test_who_only_looks_changes_no_slice(store: Store, number: int) -> None:
    made = slices.save(store, ME, number, name="parcels", query=PARCEL)
    with pytest.raises(Forbidden):
        slices.save(store, GUEST, number, name="other", query=PARCEL)
    with pytest.raises(Forbidden):
        slices.rename(store, GUEST, number, made.slice_id, name="other")
    with pytest.raises(Forbidden):
        slices.delete(store, GUEST, number, made.slice_id)


def test_a_slice_of_another_project_is_out_of_reach(
    store: Store, number: int, tmp_path: Path
) -> None:
    other = make_project(store, tmp_path, "Other")
    made = slices.save(store, ME, other, name="parcels", query=PARCEL)
    for act in (slices.delete, slices.restore, slices.get):
        with pytest.raises(NotFound, match="another project"):
            act(store, *(() if act is slices.get else (ME,)), number, made.slice_id)


def test_a_slice_that_cannot_be_asked_says_why(store: Store, number: int) -> None:
    broken = DocumentFilter(selection="lf:99")
    store.slices.add(number, "broken", broken, actor="ada")
    (row,) = slices.rows(store, number)
    assert row.problem is not None
    assert "no labeling function 99" in row.problem
