from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.endpoints import Endpoint
from studio.core.errors import NotFound
from studio.storage.completions import KeptAnswer, Spent, key_of
from studio.storage.store import Store
from tests.storage.making import make_project

TINY = Endpoint("tiny", "http://127.0.0.1:1/v1", "m", "TINY_API_KEY", 0.5, 1.5)


def test_an_endpoint_comes_back_changes_and_is_put_away(any_store: Store) -> None:
    endpoints = any_store.endpoints
    endpoints.save(TINY, "ada")
    endpoints.save(replace(TINY, name="a-first"), "ada")
    endpoints.save(replace(TINY, model="n"), "ben")
    assert endpoints.list() == [replace(TINY, name="a-first"), replace(TINY, model="n")]
    assert endpoints.get("tiny").model == "n"
    endpoints.remove("tiny")
    assert [e.name for e in endpoints.list()] == ["a-first"]
    assert endpoints.last("tiny") == replace(TINY, model="n")
    assert endpoints.last("never") is None
    for act in (endpoints.get, endpoints.remove):
        with pytest.raises(NotFound, match="no endpoint 'tiny'"):
            act("tiny")
    endpoints.save(TINY, "ada")
    assert endpoints.get("tiny") == TINY


def test_answers_are_found_by_key_and_summed_by_group(any_store: Store) -> None:
    first, second = make_project(any_store), make_project(any_store)
    kept = KeptAnswer("spam 你好\0", 100, 5, 0.25)
    any_store.completions.save(first, {key_of(first, "g1", "a"): kept})
    many = {key_of(first, "g2", number): KeptAnswer("ham", 1, 2, 0.5) for number in range(1200)}
    any_store.completions.save(first, many)
    any_store.completions.save(second, {key_of(second, "g1", "a"): KeptAnswer("x", 7, 7, 0)})
    any_store.completions.save(first, {})
    found = any_store.completions.find([*many, key_of(first, "g1", "a"), "not/there/0"])
    assert len(found) == 1201
    assert found[key_of(first, "g1", "a")] == KeptAnswer("spam 你好\ufffd", 100, 5, 0.25)
    assert any_store.completions.spent(first) == {
        "g1": Spent(1, 100, 5, 0.25),
        "g2": Spent(1200, 1200, 2400, 600.0),
    }
    assert any_store.completions.spent(second) == {"g1": Spent(1, 7, 7, 0.0)}


def test_of_two_answers_to_one_prompt_one_is_kept(any_store: Store) -> None:
    project_id = make_project(any_store)
    key = key_of(project_id, "g", "a")
    for answer in ("first", "second"):
        any_store.completions.save(project_id, {key: KeptAnswer(answer, 1, 1, 1.0)})
    assert any_store.completions.find([key]) == {key: KeptAnswer("second", 1, 1, 1.0)}
    assert any_store.completions.spent(project_id)["g"].calls == 1
