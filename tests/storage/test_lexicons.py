from __future__ import annotations

import pytest

from studio.core.errors import Conflict, NotFound
from studio.core.lexicons import Lexicon
from studio.core.schema import LabelSchema
from studio.storage.store import Store

FIRST = Lexicon("moods", ("好吃", "bad"), ("ham", None))
SECOND = Lexicon("moods", ("好吃",), ("ham",))


def project(store: Store) -> int:
    return store.projects.add("P", LabelSchema(("ham", "spam")), actor="ada")


def test_each_change_is_a_version_and_the_newest_counts(any_store: Store) -> None:
    number = project(any_store)
    assert any_store.lexicons.save(number, FIRST, "ada").version == 1
    assert any_store.lexicons.save(number, FIRST, "bob").version == 1
    saved = any_store.lexicons.save(number, SECOND, "bob")
    assert (saved.version, saved.lexicon, saved.created_by) == (2, SECOND, "bob")
    assert any_store.lexicons.get(number, "moods") == saved
    assert [v.lexicon for v in any_store.lexicons.versions(number, "moods")] == [SECOND, FIRST]
    assert any_store.lexicons.fingerprints(number) == {"moods": SECOND.fingerprint}
    any_store.lexicons.save(number, Lexicon("a", ("x",), (None,)), "ada")
    assert [v.lexicon.name for v in any_store.lexicons.list(number)] == ["a", "moods"]


def test_a_deleted_lexicon_comes_back_as_it_was(any_store: Store) -> None:
    number = project(any_store)
    any_store.lexicons.save(number, FIRST, "ada")
    any_store.lexicons.save(number, SECOND, "ada")
    any_store.lexicons.delete(number, "moods")
    assert any_store.lexicons.list(number) == []
    assert any_store.lexicons.fingerprints(number) == {}
    with pytest.raises(NotFound, match="no lexicon 'moods'; the project has none yet"):
        any_store.lexicons.get(number, "moods")
    any_store.lexicons.restore(number, "moods")
    assert any_store.lexicons.get(number, "moods").lexicon == SECOND
    with pytest.raises(Conflict, match="is not deleted"):
        any_store.lexicons.restore(number, "moods")


def test_saving_under_the_name_of_a_deleted_one_goes_on_counting(any_store: Store) -> None:
    number = project(any_store)
    any_store.lexicons.save(number, FIRST, "ada")
    any_store.lexicons.delete(number, "moods")
    assert any_store.lexicons.save(number, FIRST, "ada").version == 1
    any_store.lexicons.delete(number, "moods")
    assert any_store.lexicons.save(number, SECOND, "ada").version == 2


def test_projects_do_not_see_each_others_lexicons(any_store: Store) -> None:
    mine = project(any_store)
    other = any_store.projects.add("Q", LabelSchema(("ham", "spam")), actor="ada")
    any_store.lexicons.save(mine, FIRST, "ada")
    assert any_store.lexicons.list(other) == []
    with pytest.raises(NotFound):
        any_store.lexicons.delete(other, "moods")
    any_store.lexicons.save(other, SECOND, "ada")
    assert any_store.lexicons.get(mine, "moods").lexicon == FIRST
