from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from studio.core.annotations import AnnotationStatus, Answer
from studio.core.errors import Invalid
from studio.services.review import ReviewCard
from studio.ui.components.outbox import store_boxes
from studio.ui.components.review import Desk, Progress, apply_events, parse_answer


class FakeJournal:
    """Keeps answers by key, as the real journal does; ``refused`` documents are refused."""

    def __init__(self, refused: Sequence[int] = ()) -> None:
        self.answers: dict[str, Answer] = {}
        self.undone: list[str] = []
        self._refused = set(refused)

    def submit(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.doc_id in self._refused:
                raise Invalid(f"There is no document {answer.doc_id}.")
        for answer in answers:
            self.answers.setdefault(answer.key, answer)

    def undo(self, key: str | None) -> tuple[int, ...]:
        living = [known for known in self.answers if known not in self.undone]
        wanted = living[-1:] if key is None else [known for known in living if known == key]
        self.undone += wanted
        return tuple(self.answers[known].doc_id for known in wanted)

    def desk(self) -> Desk:
        return Desk(
            next_cards=lambda limit: [], submit=self.submit, undo=self.undo, find=self.find
        )

    def find(self, doc_ids: Sequence[int]) -> list[ReviewCard]:
        return [
            ReviewCard(
                doc_id=doc_id,
                external_id=str(doc_id),
                text="text",
                suggestion=None,
                probability=0.5,
                votes=(),
                reason="",
                metadata={},
            )
            for doc_id in doc_ids
        ]


def answer(seq: int, doc: int, label: int | None = 0) -> dict[str, Any]:
    status = "submitted" if label is not None else "skipped"
    return {
        "kind": "answer",
        "seq": seq,
        "key": f"key {doc}",
        "doc": doc,
        "label": label,
        "status": status,
    }


def undo(seq: int, of: str | None) -> dict[str, Any]:
    return {"kind": "undo", "seq": seq, "key": f"undo {seq}", "of": of}


def test_an_outbox_that_grows_stores_each_answer_once() -> None:
    journal, progress = FakeJournal(), Progress()
    for end in range(1, 31):
        events = [answer(seq, doc=seq) for seq in range(1, end + 1)]
        apply_events(journal.desk(), progress, mount="a", events=events)
    assert [kept.doc_id for kept in journal.answers.values()] == list(range(1, 31))
    assert progress.acks == {"a": 30}


def test_numbers_begin_anew_with_each_stay_on_a_page() -> None:
    journal, progress = FakeJournal(), Progress()
    apply_events(journal.desk(), progress, mount="a", events=[answer(1, doc=7), answer(2, doc=8)])
    apply_events(journal.desk(), progress, mount="b", events=[answer(1, doc=9)])
    assert [kept.doc_id for kept in journal.answers.values()] == [7, 8, 9]
    assert progress.acks == {"a": 2, "b": 1}


def test_undo_is_done_in_its_place_among_the_answers() -> None:
    journal, progress = FakeJournal(), Progress()
    events = [answer(1, doc=1), undo(2, of="key 1"), answer(3, doc=2)]
    apply_events(journal.desk(), progress, mount="a", events=events)
    assert journal.undone == ["key 1"]
    assert (progress.answered, progress.returned) == ({2}, [1])


def test_a_document_that_comes_back_from_an_earlier_visit_is_fetched() -> None:
    journal = FakeJournal()
    journal.submit([Answer(key="old", doc_id=5, label=1)])
    progress = Progress(exhausted=True)
    apply_events(journal.desk(), progress, mount="a", events=[undo(1, of=None)])
    assert [card["id"] for card in progress.cards] == [5]
    assert progress.returned == [5]


def test_refused_answers_come_again_and_are_explained() -> None:
    journal, progress = FakeJournal(refused=[3]), Progress()
    apply_events(journal.desk(), progress, mount="a", events=[answer(1, doc=3)])
    assert (progress.rejected, progress.answered, progress.acks) == ([3], set(), {"a": 1})
    assert progress.problem == "There is no document 3."


def test_a_skipped_document_has_no_label() -> None:
    parsed = parse_answer(answer(1, doc=4, label=None))
    assert (parsed.label, parsed.status) == (None, AnnotationStatus.SKIPPED)


@pytest.mark.parametrize(
    "event",
    [{}, {"key": "k"}, {**answer(1, doc=1), "status": "else"}, {**answer(1, doc=1), "doc": "x"}],
)
def test_anything_else_from_a_browser_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="not an answer"):
        parse_answer(event)


def test_boxes_of_other_users_stay_where_they_are() -> None:
    journal = FakeJournal()
    boxes = {"1.me": [answer(1, doc=1), undo(2, of="key 1")], "1.you": [answer(1, doc=2)]}
    done = store_boxes(lambda scope: journal.desk() if scope == "1.me" else None, boxes)
    assert done == {"1.me": ["key 1", "undo 2"]}
    assert (list(journal.answers), journal.undone) == (["key 1"], ["key 1"])
    # The same box again, as after a lost acknowledgement, changes nothing.
    store_boxes(lambda scope: journal.desk(), {"1.me": boxes["1.me"]})
    assert (list(journal.answers), journal.undone) == (["key 1"], ["key 1"])
