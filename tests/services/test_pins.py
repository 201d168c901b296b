from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Conflict, Forbidden, Invalid, NotFound
from studio.services import applying, labeling, pins
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, add_keyword, do, make_project
from tests.storage.making import make_project as make_empty


def test_a_pin_is_unknown_then_green_then_red(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "says_refund", "refund", "refund")
    pins.pin(store, ME, number, lf_id=lf_id, doc_id=0, label=0)
    pins.pin(store, ME, number, lf_id=lf_id, doc_id=9, label=None)
    assert [check.holds for check in pins.check(store, number)] == [None, None]
    result = do(store, applying.start_apply(store, ME, number))
    assert (result["pins"], result["pins_broken"]) == (2, 1)
    found = pins.check(store, number, lf_id)
    assert [(check.pin.doc_id, check.vote, check.holds) for check in found] == [
        (9, 0, False),
        (0, 0, True),
    ]
    row = labeling.list_functions(store, number)[0]
    assert (row.n_pins, row.n_pins_broken) == (2, 1)


def test_a_new_pin_on_a_document_replaces_the_old_one(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "f", "refund", "refund")
    old = pins.pin(store, ME, number, lf_id=lf_id, doc_id=0, label=0)
    pins.pin(store, ME, number, lf_id=lf_id, doc_id=0, label=None)
    assert [check.pin.label for check in pins.check(store, number)] == [None]
    with pytest.raises(Conflict, match="another pin on document 0"):
        pins.undo_unpin(store, ME, number, old.pin_id)


def test_a_pin_that_was_taken_off_comes_back(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "f", "refund", "refund")
    pin = pins.pin(store, ME, number, lf_id=lf_id, doc_id=3, label=1)
    pins.unpin(store, ME, number, pin.pin_id)
    pins.unpin(store, ME, number, pin.pin_id)
    assert pins.check(store, number) == []
    pins.undo_unpin(store, ME, number, pin.pin_id)
    assert [check.pin for check in pins.check(store, number)] == [pin]


@pytest.mark.parametrize(("doc_id", "label", "says"), [(10, 0, "document 10"), (0, 2, "index 2")])
def test_a_pin_on_what_is_not_there_is_refused(
    store: Store, tmp_path: Path, doc_id: int, label: int, says: str
) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "f", "refund", "refund")
    with pytest.raises(Invalid, match=says):
        pins.pin(store, ME, number, lf_id=lf_id, doc_id=doc_id, label=label)


def test_pins_of_another_project_are_out_of_reach(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "f", "refund", "refund")
    pin = pins.pin(store, ME, number, lf_id=lf_id, doc_id=0, label=0)
    other = make_project(store, tmp_path, name="Other")
    with pytest.raises(NotFound, match="no pin"):
        pins.unpin(store, ME, other, pin.pin_id)
    with pytest.raises(NotFound, match="no labeling function"):
        pins.pin(store, ME, other, lf_id=lf_id, doc_id=0, label=0)


def test_only_editors_pin(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lf_id = add_keyword(store, number, "f", "refund", "refund")
    with pytest.raises(Forbidden):
        pins.pin(store, GUEST, number, lf_id=lf_id, doc_id=0, label=0)


def test_the_table_of_pins_keeps_one_living_pin_a_document(any_store: Store) -> None:
    project_id = make_empty(any_store)
    lf_id = add_keyword(any_store, project_id, "f", "spam", "free")
    first = any_store.pins.add(project_id, lf_id, 1, label=1, actor="ada")
    second = any_store.pins.add(project_id, lf_id, 1, label=None, actor="bob")
    any_store.pins.add(project_id, lf_id, 0, label=0, actor="ada")
    assert [(p.doc_id, p.label, p.created_by) for p in any_store.pins.list(project_id)] == [
        (0, 0, "ada"),
        (1, None, "bob"),
    ]
    any_store.pins.remove(project_id, second.pin_id)
    any_store.pins.restore(project_id, first.pin_id)
    assert [p.pin_id for p in any_store.pins.list(project_id, lf_id)][1] == first.pin_id
