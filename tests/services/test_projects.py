from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Forbidden, Invalid
from studio.services import projects
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, label_project, make_project


def test_an_empty_project_asks_for_documents_first(store: Store) -> None:
    number = projects.create_project(store, ME, name="Mail", labels=["ham", "spam"])
    card = projects.overview(store, number)
    assert card.n_documents == 0
    assert card.next_step.page == "documents"


def test_the_next_step_follows_the_path(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    assert projects.overview(store, number).next_step.page == "labeling_functions"
    label_project(store, number)
    card = projects.overview(store, number)
    assert card.coverage == pytest.approx(0.9)
    assert card.weak_labels == "majority"
    assert card.n_gold == 8
    assert card.next_step.page == "review"


@pytest.mark.parametrize("labels", [[], ["one"], ["a", "A"], ["a", "", " "]])
def test_fewer_than_two_different_labels_are_refused(store: Store, labels: list[str]) -> None:
    with pytest.raises(Invalid):
        projects.create_project(store, ME, name="Mail", labels=labels)
    assert projects.list_projects(store) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb"])
def test_a_name_that_cannot_be_shown_is_refused(store: Store, name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        projects.create_project(store, ME, name=name, labels=["a", "b"])


def test_a_viewer_may_look_but_not_create(store: Store) -> None:
    with pytest.raises(Forbidden, match="editor"):
        projects.create_project(store, GUEST, name="Mail", labels=["a", "b"])
    assert projects.list_projects(store) == []


def test_a_deleted_project_comes_back_whole(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    projects.delete_project(store, ME, number)
    assert projects.list_projects(store) == []
    projects.restore_project(store, ME, number)
    assert projects.overview(store, number).n_documents == 10


@pytest.mark.slow
def test_the_sample_project_is_made_once(store: Store) -> None:
    first = projects.create_sample_project(store, ME)
    assert projects.create_sample_project(store, ME) == first
    assert len(projects.list_projects(store)) == 1
