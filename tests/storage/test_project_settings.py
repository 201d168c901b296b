from __future__ import annotations

import pytest

from studio.core.errors import NotFound
from studio.storage.store import Store
from tests.storage.making import make_project


def test_the_newest_value_counts_and_a_setting_never_set_has_the_default(any_store: Store) -> None:
    number, other = make_project(any_store), make_project(any_store)
    settings = any_store.project_settings
    assert settings.get(number, "llm_text", "masked") == "masked"
    settings.set(number, "llm_text", "original", "ada")
    settings.set(number, "llm_text", {"a": [1, None, "电"]}, "ada")
    assert settings.get(number, "llm_text") == {"a": [1, None, "电"]}
    assert settings.get(other, "llm_text") is None


def test_a_setting_can_be_nothing(any_store: Store) -> None:
    number = make_project(any_store)
    any_store.project_settings.set(number, "move", {"ids": [1]}, "ada")
    any_store.project_settings.set(number, "move", None, "ada")
    assert any_store.project_settings.get(number, "move", "default") is None


def test_a_setting_raises_the_revision_of_its_project(any_store: Store) -> None:
    number = make_project(any_store)
    before = any_store.projects.revision(number)
    any_store.project_settings.set(number, "llm_text", "masked", "ada")
    assert any_store.projects.revision(number) > before


def test_a_project_that_is_not_there_has_no_settings(any_store: Store) -> None:
    with pytest.raises(NotFound):
        any_store.project_settings.set(99, "llm_text", "masked", "ada")
