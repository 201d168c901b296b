from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.annotations import AnnotationStatus, Answer
from studio.core.errors import Forbidden, Invalid
from studio.core.users import Role, User
from studio.services import review
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, label_project, make_project

BOB = User("bob", Role.ANNOTATOR)


def test_the_conflicting_document_comes_first_and_gold_never(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    cards = review.next_cards(store, ME, number)
    assert [card.doc_id for card in cards] == [9, 8]
    assert dict(cards[0].votes) == {"says_refund": 0, "says_parcel": 1}
    assert cards[0].reason
    assert cards[1].suggestion is None


def test_an_answered_document_leaves_and_undo_brings_it_back(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    review.submit(store, BOB, number, [Answer("k1", 9, 1)])
    assert [card.doc_id for card in review.next_cards(store, BOB, number)] == [8]
    assert store.annotations.gold(number)[9] == 1
    assert review.undo(store, BOB, number) == (9,)
    assert [card.doc_id for card in review.next_cards(store, BOB, number)] == [9, 8]
    assert review.undo(store, BOB, number) == ()


def test_undo_of_a_key_takes_back_that_answer_and_no_newer_one(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    review.submit(store, BOB, number, [Answer("k1", 9, 1), Answer("k2", 8, 0)])
    assert review.undo(store, ME, number, "k1") == ()
    assert review.undo(store, BOB, number, "k1") == (9,)
    assert review.undo(store, BOB, number, "k1") == ()
    assert [answer.doc_id for answer in review.recent(store, BOB, number)] == [8]


def test_an_answer_sent_twice_is_kept_once(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    review.submit(store, BOB, number, [Answer("k1", 9, 1)])
    review.submit(store, BOB, number, [Answer("k1", 9, 1), Answer("k2", 8, 0)])
    assert review.progress(store, number).reviewed == 2
    assert len(review.recent(store, BOB, number)) == 2


def test_a_skipped_document_comes_last_for_me_alone(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    review.submit(store, BOB, number, [Answer("k1", 9, None, AnnotationStatus.SKIPPED)])
    assert [card.doc_id for card in review.next_cards(store, BOB, number)] == [8, 9]
    assert [card.doc_id for card in review.next_cards(store, ME, number)] == [9, 8]


@pytest.mark.parametrize(
    "answer", [Answer("k", 99, 0), Answer("k", 8, 7), Answer("k", 8, None)], ids=str
)
def test_an_impossible_answer_keeps_none_of_the_batch(
    store: Store, tmp_path: Path, answer: Answer
) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Invalid):
        review.submit(store, BOB, number, [Answer("good", 9, 0), answer])
    assert review.progress(store, number).reviewed == 0


def test_a_viewer_may_not_answer(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Forbidden):
        review.submit(store, GUEST, number, [Answer("k", 9, 0)])


def test_review_works_before_any_function_is_written(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    assert {card.doc_id for card in review.next_cards(store, ME, number)} == {8, 9}
