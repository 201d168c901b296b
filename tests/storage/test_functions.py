from __future__ import annotations

import pytest

from studio.core.errors import Conflict, NotFound
from studio.core.functions import LabelingFunction
from studio.storage.store import Store
from tests.storage.making import make_project


def keyword(name: str, word: str = "free") -> LabelingFunction:
    return LabelingFunction(
        name=name, kind="keyword", options={"label": "spam", "keywords": [word]}
    )


def test_a_function_comes_back_with_an_id(any_store: Store) -> None:
    project_id = make_project(any_store)
    added = any_store.functions.add(project_id, keyword("free"), "ada")
    assert added.lf_id is not None
    assert (added.version, added.enabled) == (1, True)
    assert any_store.functions.get(added.lf_id) == added
    assert any_store.functions.list(project_id) == [added]


def test_saving_what_is_there_makes_no_version(any_store: Store) -> None:
    lf_id = any_store.functions.add(make_project(any_store), keyword("f"), "ada").lf_id
    assert lf_id is not None
    same = any_store.functions.save_version(
        lf_id, "keyword", {"keywords": ["free"], "label": "spam"}, "bob"
    )
    assert same.version == 1
    changed = any_store.functions.save_version(
        lf_id, "keyword", {"label": "spam", "keywords": ["win"]}, "bob"
    )
    assert (changed.version, changed.options["keywords"]) == (2, ["win"])
    back = any_store.functions.save_version(lf_id, "keyword", keyword("f").options, "eve")
    assert (back.version, back.fingerprint) == (3, same.fingerprint)
    history = any_store.functions.versions(lf_id)
    assert [(lf.version, by) for lf, _, by in history] == [(3, "eve"), (2, "bob"), (1, "ada")]


def test_renaming_keeps_the_version(any_store: Store) -> None:
    lf = any_store.functions.add(make_project(any_store), keyword("f"), "ada")
    assert lf.lf_id is not None
    renamed = any_store.functions.save_version(lf.lf_id, lf.kind, lf.options, "ada", name="better")
    assert (renamed.name, renamed.version) == ("better", 1)


def test_a_name_belongs_to_one_living_function(any_store: Store) -> None:
    project_id = make_project(any_store)
    first = any_store.functions.add(project_id, keyword("f"), "ada")
    assert first.lf_id is not None
    with pytest.raises(Conflict, match="'f' exists"):
        any_store.functions.add(project_id, keyword("f", "other"), "ada")
    any_store.functions.delete(first.lf_id)
    second = any_store.functions.add(project_id, keyword("f"), "ada")
    with pytest.raises(Conflict, match="'f' exists"):
        any_store.functions.restore(first.lf_id)
    third = any_store.functions.add(project_id, keyword("g"), "ada")
    assert third.lf_id is not None
    with pytest.raises(Conflict):
        any_store.functions.save_version(third.lf_id, "keyword", {}, "ada", name="f")
    assert [lf.lf_id for lf in any_store.functions.list(project_id)] == [
        second.lf_id,
        third.lf_id,
    ]
    any_store.functions.add(make_project(any_store), keyword("f"), "ada")


def test_the_list_keeps_the_order_of_creation(any_store: Store) -> None:
    project_id = make_project(any_store)
    ids = [any_store.functions.add(project_id, keyword(n), "ada").lf_id for n in "zab"]
    assert ids[0] is not None
    any_store.functions.save_version(ids[0], "keyword", {"changed": True}, "ada")
    any_store.functions.set_enabled(ids[0], False)
    listed = any_store.functions.list(project_id)
    assert [lf.name for lf in listed] == ["z", "a", "b"]
    assert [lf.enabled for lf in listed] == [False, True, True]
    assert listed[0].version == 2


def test_what_was_deleted_comes_back(any_store: Store) -> None:
    project_id = make_project(any_store)
    lf_id = any_store.functions.add(project_id, keyword("f"), "ada").lf_id
    assert lf_id is not None
    any_store.functions.delete(lf_id)
    assert any_store.functions.list(project_id) == []
    assert any_store.functions.get(lf_id).name == "f"
    any_store.functions.restore(lf_id)
    assert [lf.lf_id for lf in any_store.functions.list(project_id)] == [lf_id]


def test_each_write_raises_the_revision(any_store: Store) -> None:
    project_id = make_project(any_store)
    revision = any_store.projects.get(project_id).revision
    lf_id = any_store.functions.add(project_id, keyword("f"), "ada").lf_id
    assert lf_id is not None
    any_store.functions.save_version(lf_id, "keyword", {"x": 1}, "ada")
    any_store.functions.set_enabled(lf_id, False)
    any_store.functions.delete(lf_id)
    any_store.functions.restore(lf_id)
    assert any_store.projects.get(project_id).revision == revision + 5


def test_a_function_that_is_none_is_not_found(any_store: Store) -> None:
    for act in (any_store.functions.get, any_store.functions.delete, any_store.functions.versions):
        with pytest.raises(NotFound, match="no labeling function 7"):
            act(7)
    with pytest.raises(NotFound, match="no project 7"):
        any_store.functions.add(7, keyword("f"), "ada")
