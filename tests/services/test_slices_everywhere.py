"""A slice serves on every page: Review, Training, Evaluation, Deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import NotFound
from studio.core.intervals import wilson
from studio.core.runs import Targets
from studio.core.slices import Scope
from studio.services import deploy, evaluation, review, slice_scores, slices, training_sets
from studio.storage.store import Store
from tests.services.helpers import ME, do, label_project, make_project

# Documents 4, 5, 6, 7 and 9 speak of a parcel; 0, 1, 4, 5, 8, 9 are train; 8 and 9 have no gold.


@pytest.fixture
def number(store: Store, tmp_path: Path) -> int:
    return make_project(store, tmp_path)


@pytest.fixture
def parcels(store: Store, number: int) -> int:
    return slices.save(store, ME, number, name="parcels", query=DocumentFilter("parcel")).slice_id


def test_review_asks_only_of_the_slice(store: Store, number: int, parcels: int) -> None:
    assert {card.doc_id for card in review.next_cards(store, ME, number)} == {8, 9}
    cards = review.next_cards(store, ME, number, slice_id=parcels)
    assert [card.doc_id for card in cards] == [9]


def test_training_learns_from_a_slice_or_without_one(
    store: Store, number: int, parcels: int
) -> None:
    def learned(scope: Scope | None) -> list[int]:
        return training_sets.plan(store, number, Targets.GOLD, scope).doc_ids.tolist()

    assert learned(None) == [0, 1, 4, 5]
    assert learned(Scope(parcels)) == [4, 5]
    assert learned(Scope(parcels, outside=True)) == [0, 1]
    plan = training_sets.plan(store, number, Targets.GOLD, Scope(parcels))
    assert plan.dev_ids.tolist() == [2, 6]
    assert plan.provenance["slice"] == {
        "name": "parcels",
        "outside": False,
        "filter": {"text": "parcel"},
    }
    with pytest.raises(NotFound, match="no slice 99"):
        learned(Scope(99))


def test_evaluation_has_scores_with_intervals_by_slice(
    store: Store, number: int, parcels: int
) -> None:
    label_project(store, number)
    slices.save(store, ME, number, name="shops", query=DocumentFilter("shop"))
    keys = [source.key for source in evaluation.sources(store, number)]
    found = evaluation.evaluate(store, number, keys, Split.TEST)
    scores = slice_scores.by_slice(store, number, found)
    assert [(score.name, score.n, score.accuracy) for score in scores] == [
        ("", 2, 1.0),
        ("parcels", 1, 1.0),
        ("shops", 0, None),
    ]
    assert (scores[1].low, scores[1].high) == wilson(1, 1)


def test_a_slice_that_cannot_be_asked_leaves_the_scores_of_the_others(
    store: Store, number: int, parcels: int
) -> None:
    label_project(store, number)
    store.slices.add(number, "broken", DocumentFilter(selection="lf:99"), actor="ada")
    keys = [source.key for source in evaluation.sources(store, number)]
    found = evaluation.evaluate(store, number, keys, Split.TEST)
    scores = slice_scores.by_slice(store, number, found)
    assert [score.name for score in scores] == ["", "broken", "parcels"]
    assert "no labeling function 99" in (scores[1].problem or "")


@pytest.mark.parametrize("format_name", deploy.format_names())
def test_an_export_holds_only_the_slice(
    store: Store, number: int, parcels: int, format_name: str
) -> None:
    job_id = deploy.start_export_labels(
        store, ME, number, format_name=format_name, slice_id=parcels
    )
    assert do(store, job_id)["rows"] == 5
    path = deploy.exported_file(store, job_id)
    assert path is not None
    written = path.read_text(encoding="utf-8")
    assert "where is my parcel" in written
    assert "nice shop" not in written


def test_an_export_of_a_slice_of_another_project_is_refused(
    store: Store, number: int, parcels: int, tmp_path: Path
) -> None:
    other = make_project(store, tmp_path, "Other")
    with pytest.raises(NotFound, match="another project"):
        deploy.start_export_labels(store, ME, other, format_name="csv", slice_id=parcels)
