from __future__ import annotations

import pytest

from studio.core.errors import Invalid, NotFound
from studio.core.schema import LabelSchema
from studio.storage.store import Store
from tests.storage.making import SPAM, make_project


def test_a_project_comes_back_as_it_went_in(any_store: Store) -> None:
    labels = LabelSchema(("Lob", "Ärger", "退款"))
    project_id = any_store.projects.add("Kunden", labels, actor="ada", description="zwei\nZeilen")
    project = any_store.projects.get(project_id)
    assert (project.name, project.schema, project.description) == (
        "Kunden",
        labels,
        "zwei\nZeilen",
    )
    assert project.created_at is not None
    assert project.created_at.utcoffset() is not None


def test_the_list_is_newest_first_without_deleted_ones(any_store: Store) -> None:
    first, second, third = (
        any_store.projects.add(name, SPAM, actor="ada") for name in ("a", "b", "c")
    )
    any_store.projects.delete(second, "ada")
    assert [p.project_id for p in any_store.projects.list()] == [third, first]
    any_store.projects.restore(second, "ada")
    assert [p.project_id for p in any_store.projects.list()] == [third, second, first]


def test_a_deleted_project_can_still_be_looked_at(any_store: Store) -> None:
    project_id = make_project(any_store)
    any_store.projects.delete(project_id, "ada")
    assert any_store.projects.get(project_id).deleted_at is not None
    assert any_store.documents.count(project_id) == 3


@pytest.mark.parametrize("project_id", [0, -1, 99, 10**10, 10**30])
def test_an_id_that_nobody_has_is_not_found(any_store: Store, project_id: int) -> None:
    assert any_store.projects.find(project_id) is None
    with pytest.raises(NotFound, match=str(project_id)):
        any_store.projects.get(project_id)
    with pytest.raises(NotFound):
        any_store.projects.rename(project_id, "x")
    with pytest.raises(NotFound):
        any_store.documents.count(project_id)


def test_each_change_raises_the_revision(any_store: Store) -> None:
    project_id = make_project(any_store)
    before = any_store.projects.get(project_id).revision
    any_store.projects.rename(project_id, "other")
    assert any_store.projects.get(project_id).revision == before + 1
    any_store.projects.touch(project_id)
    assert any_store.projects.get(project_id).revision == before + 2


def test_only_a_fit_of_the_project_can_be_chosen(any_store: Store) -> None:
    mine, other = make_project(any_store), make_project(any_store)
    fit = any_store.fits.add(
        project_id=mine,
        name="majority",
        options={},
        seed=0,
        votes_fingerprint="v",
        lf_names=["a"],
        weak_labels="w",
        metrics={},
        lf_weights={},
        actor="ada",
    )
    any_store.projects.choose_fit(mine, fit.fit_id)
    assert any_store.projects.get(mine).chosen_fit == fit.fit_id
    with pytest.raises(Invalid, match="no label model fit"):
        any_store.projects.choose_fit(other, fit.fit_id)
    any_store.projects.choose_fit(mine, None)
    assert any_store.projects.get(mine).chosen_fit is None


def test_text_that_no_database_takes_is_cleaned(any_store: Store) -> None:
    project_id = any_store.projects.add("a\0b\ud800c", SPAM, actor="ada")
    assert any_store.projects.get(project_id).name == "a\ufffdb\ufffdc"


def test_events_are_newest_first(any_store: Store) -> None:
    project_id = make_project(any_store)
    any_store.events.add(project_id, "bob", "import", "3 documents")
    events = any_store.events.list(project_id, limit=1)
    assert [(e.actor, e.kind, e.detail) for e in events] == [("bob", "import", "3 documents")]
    assert [e.kind for e in any_store.events.list(project_id)] == ["import", "create project"]
