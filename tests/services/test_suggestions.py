from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Conflict, Forbidden, Invalid
from studio.core.intervals import wilson
from studio.services import applying, importing, labeling, projects, suggestions
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, do, make_project, source, write_rows

ROWS = (
    *((f"refund the order {i}", "refund", "train") for i in range(4)),
    *((f"parcel of order {i}", "delivery", "dev") for i in range(4)),
    *((f"secret order {i}", "refund", "test") for i in range(4)),
    ("please refund", "", "train"),
    ("no parcel here", "", "train"),
    ("no parcel there", "", "train"),
)


def make(store: Store, folder: Path, rows: tuple[tuple[str, str, str], ...] = ROWS) -> int:
    number = projects.create_project(store, ME, name="Shop", labels=["refund", "delivery"])
    importing.import_file(store, ME, number, source=source(write_rows(folder, rows)))
    return number


def test_suggestions_have_the_figures_that_their_votes_will_have(
    store: Store, tmp_path: Path
) -> None:
    number = make(store, tmp_path)
    found = {s.words: s for s in suggestions.suggest(store, number)}
    assert set(found) >= {"refund", "parcel"}
    assert len(found) == len({s.name for s in found.values()})
    for suggestion in found.values():
        suggestions.accept(store, ME, number, suggestion)
    do(store, applying.start_apply(store, ME, number))
    summaries = {row.function.name: row.summary for row in labeling.list_functions(store, number)}
    for suggestion in found.values():
        assert summaries[suggestion.name].coverage == pytest.approx(suggestion.coverage)
        assert summaries[suggestion.name].polarity == (suggestion.label,)
    parcel = found["parcel"]
    assert (parcel.label, parcel.right, parcel.n_gold, parcel.n_votes) == (1, 4, 4, 6)
    assert parcel.interval == wilson(4, 4)
    assert (parcel.n_docs, parcel.n_new) == (15, 6)
    assert all("parcel" in text for text in parcel.examples)


def test_gold_of_the_split_test_is_never_learned_from(store: Store, tmp_path: Path) -> None:
    number = make(store, tmp_path)
    assert all("secret" not in s.words for s in suggestions.suggest(store, number))


def test_what_functions_say_already_is_not_suggested(store: Store, tmp_path: Path) -> None:
    number = make(store, tmp_path)
    first = suggestions.suggest(store, number)
    parcel = next(s for s in first if s.words == "parcel")
    suggestions.accept(store, ME, number, parcel, name="has_parcel")
    do(store, applying.start_apply(store, ME, number))
    kept = suggestions.current(store, number)
    assert kept is not None
    assert (list(kept.found), kept.stale) == (first, True)
    do(store, suggestions.start_suggest(store, ME, number))
    kept = suggestions.current(store, number)
    assert kept is not None
    assert not kept.stale
    assert all(s.label != 1 for s in kept.found)


def test_two_suggestions_never_cover_the_same_documents(store: Store, tmp_path: Path) -> None:
    number = make(store, tmp_path)
    found = suggestions.suggest(store, number)
    assert len({(s.n_votes, s.n_new, s.example_ids) for s in found}) == len(found)


def test_without_gold_there_is_nothing_to_suggest(store: Store, tmp_path: Path) -> None:
    number = make(store, tmp_path, tuple((text, "", split) for text, _, split in ROWS))
    assert suggestions.current(store, number) is None
    assert suggestions.suggest(store, number) == []


def test_characters_are_suggested_where_words_have_no_spaces(store: Store, tmp_path: Path) -> None:
    rows = (
        *((f"送餐很快{i}号", "delivery", "train") for i in range(4)),
        *((f"要退款{i}号", "refund", "train") for i in range(4)),
        ("送餐慢", "", "train"),
    )
    found = suggestions.suggest(store, make(store, tmp_path, rows))
    assert {s.label for s in found} == {0, 1}
    assert all(s.options["whole_words"] is False for s in found)
    assert any(s.words == "送餐" and s.n_votes == 5 for s in found)


def test_a_selection_becomes_a_function_with_its_figures(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    found = suggestions.from_selection(store, number, " parcel ", "delivery")
    assert (found.words, found.label, found.options["whole_words"]) == ("parcel", 1, True)
    assert (found.n_votes, found.n_docs, found.n_new) == (5, 10, 5)
    # Document 7 is gold too, but in the split test.
    assert (found.right, found.n_gold) == (3, 3)
    saved = suggestions.accept(store, ME, number, found)
    do(store, applying.start_apply(store, ME, number))
    again = suggestions.from_selection(store, number, "parcel", 1)
    assert (saved.name, again.name) == ("says_parcel", "says_parcel_2")
    assert (again.n_new, again.same_as) == (0, ("says_parcel",))
    with pytest.raises(Conflict):
        suggestions.accept(store, ME, number, found)


@pytest.mark.parametrize(("text", "label"), [("  ", "refund"), ("x" * 201, 0), ("word", "banana")])
def test_a_selection_that_makes_no_function_is_refused(
    store: Store, tmp_path: Path, text: str, label: object
) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Invalid):
        suggestions.from_selection(store, number, text, label)  # type: ignore[arg-type]


def test_a_viewer_may_not_ask_for_suggestions(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Forbidden):
        suggestions.start_suggest(store, GUEST, number)
