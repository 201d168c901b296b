from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.core.documents import DocumentFilter, Split
from studio.core.errors import Invalid, NotFound
from studio.core.filters import (
    ANY_LABEL,
    NO_LABEL,
    Agreement,
    CellCondition,
    CellTest,
    RunCondition,
    RunState,
    TextMode,
    VoteCondition,
    VoteState,
)
from studio.core.functions import Fault, Votes
from studio.core.runs import Targets
from studio.core.schema import ABSTAIN
from studio.services import browsing, predictions, projects, selections
from studio.storage.store import Store
from tests.conftest import sqlite_settings
from tests.services.helpers import ME, add_keyword, label_project, make_project
from tests.storage.making import add_documents

# The ten documents, what says_refund (1), says_money (2), says_parcel (3) vote, and gold:
# 0 refund     1 money      2 refund     3 money      4 parcel
# 5 parcel     6 parcel     7 parcel     8 nothing    9 refund and parcel
# gold: 0-3 refund, 4-7 delivery, 8 and 9 none.


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose first project is labeled; made once, and copied by each test."""
    folder = tmp_path_factory.mktemp("labeled")
    store = Store.open(sqlite_settings(folder / "home"))
    label_project(store, make_project(store, folder))
    store.close()
    return folder / "home"


@pytest.fixture
def store(labeled: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(labeled, tmp_path / "home")
    opened = Store.open(sqlite_settings(tmp_path / "home"))
    yield opened
    opened.close()


@pytest.fixture
def number(store: Store) -> int:
    return store.projects.list()[0].project_id


def ids(store: Store, project_id: int, **parts: object) -> list[int]:
    query = DocumentFilter(**parts)  # type: ignore[arg-type]
    return browsing.matches(store, project_id, query).tolist()


def lf(store: Store, project_id: int, name: str) -> int:
    return next(f.lf_id or 0 for f in store.functions.list(project_id) if f.name == name)


def test_gold_is_any_of_some_labels(store: Store, number: int) -> None:
    assert ids(store, number, gold=(0,)) == [0, 1, 2, 3]
    assert ids(store, number, gold=(0, NO_LABEL)) == [0, 1, 2, 3, 8, 9]
    assert ids(store, number, gold=(ANY_LABEL,)) == list(range(8))
    assert ids(store, number, gold=(ANY_LABEL,), split=Split.TEST) == [3, 7]


def test_weak_labels_are_asked_with_their_confidence(store: Store, number: int) -> None:
    assert ids(store, number, weak=(1,)) == [4, 5, 6, 7]
    assert ids(store, number, weak=(NO_LABEL,)) == [8]
    # Document 9 has one vote for each label: a tie at one half.
    assert ids(store, number, confidence=(0.4, 0.6)) == [9]
    assert ids(store, number, weak=(0,), confidence=(0.9, 1.0)) == [0, 1, 2, 3]
    assert ids(store, number, weak=(NO_LABEL,), confidence=(0.0, 1.0)) == []


def test_before_a_fit_no_document_has_a_weak_label(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    assert ids(store, number, weak=(0,)) == []
    assert ids(store, number, confidence=(0.0, 1.0)) == []
    assert ids(store, number, weak=(NO_LABEL,)) == list(range(10))


def test_a_function_is_asked_what_it_did(store: Store, number: int) -> None:
    refund = lf(store, number, "says_refund")

    def did(state: VoteState, label: int | None = None) -> list[int]:
        return ids(store, number, votes=(VoteCondition(refund, state, label),))

    assert did(VoteState.VOTED) == [0, 2, 9]
    assert did(VoteState.VOTED, 1) == []
    assert did(VoteState.ABSTAINED) == [1, 3, 4, 5, 6, 7, 8]
    assert did(VoteState.RIGHT) == [0, 2]
    assert did(VoteState.WRONG) == []
    store.annotations.add_gold(number, np.array([2, 9]), np.array([1, 1], np.int16), actor="ada")
    assert did(VoteState.WRONG) == [2, 9]
    assert did(VoteState.WRONG, 1) == []
    parcel = lf(store, number, "says_parcel")
    both = (VoteCondition(refund), VoteCondition(parcel))
    assert ids(store, number, votes=both) == [9]


def test_failures_are_not_abstentions(store: Store, number: int) -> None:
    function = store.functions.get(lf(store, number, "says_money"))
    (shard,) = store.documents.shards(number)
    faults = (Fault("says_money", "ValueError", "no", doc_id=4, count=9, doc_ids=(4, 6)),)
    store.votes.save(function.fingerprint, shard, Votes(np.full(10, ABSTAIN, np.int16), faults))

    def did(state: VoteState) -> list[int]:
        return ids(store, number, votes=(VoteCondition(function.lf_id or 0, state),))

    assert did(VoteState.FAULTED) == [4, 6]
    assert did(VoteState.ABSTAINED) == [0, 1, 2, 3, 5, 7, 8, 9]


def test_a_function_that_was_never_applied_did_nothing(store: Store, number: int) -> None:
    new = add_keyword(store, number, "new", "refund", "shop")
    for state in VoteState:
        assert ids(store, number, votes=(VoteCondition(new, state),)) == []


def test_functions_agree_differ_or_leave_documents_uncovered(store: Store, number: int) -> None:
    assert ids(store, number, agreement=Agreement.UNCOVERED) == [8]
    assert ids(store, number, agreement=Agreement.DISAGREE) == [9]
    assert ids(store, number, agreement=Agreement.COVERED) == [0, 1, 2, 3, 4, 5, 6, 7, 9]
    store.functions.set_enabled(lf(store, number, "says_refund"), False)
    assert ids(store, number, agreement=Agreement.UNCOVERED) == [0, 2, 8]
    assert ids(store, number, agreement=Agreement.DISAGREE) == []


def test_a_run_is_asked_what_it_decided(store: Store, number: int) -> None:
    run_id = store.runs.add(
        number,
        "first",
        "tfidf",
        Targets.GOLD,
        options={},
        seed=0,
        training_set="none",
        provenance={},
        actor="ada",
    )

    def did(state: RunState, label: int | None = None) -> list[int]:
        return ids(store, number, runs=(RunCondition(run_id, state, label),))

    assert did(RunState.DECIDED) == []
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    predictions.save(store, number, run_id, doc_ids=np.array([2, 3, 9]), probs=probs)
    assert did(RunState.DECIDED) == [2, 3, 9]
    assert did(RunState.DECIDED, 0) == [2, 9]
    assert did(RunState.WRONG) == [3]
    assert did(RunState.RIGHT) == [2]
    # Predictions that are stored anew count at once.
    predictions.save(store, number, run_id, doc_ids=np.array([2]), probs=probs[1:2])
    assert did(RunState.WRONG) == [2, 3]


def test_what_belongs_to_another_project_is_not_found(
    store: Store, number: int, tmp_path: Path
) -> None:
    other = make_project(store, tmp_path, "Other")
    made = store.slices.add(other, "late", DocumentFilter("late"), actor="ada")
    with pytest.raises(NotFound, match="another project"):
        ids(store, number, selection=f"slice:{made.slice_id}")
    with pytest.raises(NotFound, match="no labeling function 99"):
        ids(store, number, votes=(VoteCondition(99),))


def test_parts_of_a_filter_must_all_hold(store: Store, number: int) -> None:
    refund = lf(store, number, "says_refund")
    words = ("refund", "parcel")
    found = ids(store, number, text=" ".join(words), mode=TextMode.WORDS, selection=f"lf:{refund}")
    assert found == [9]
    assert ids(store, number, doc_ids=(9, 0, 99, -1, 4), text="parcel") == [9, 4]
    assert ids(store, number, doc_ids=()) == []
    with pytest.raises(Invalid, match="not understood"):
        ids(store, number, selection="nonsense")


def test_a_mask_says_the_same_as_its_selection(store: Store, number: int) -> None:
    for word in ("uncovered", "gold:0", "weak:1", f"lf:{lf(store, number, 'says_money')}"):
        found = selections.mask(store, number, word)
        assert np.flatnonzero(found).tolist() == selections.resolve(store, number, word).tolist()


def test_documents_that_came_later_are_found_and_have_no_weak_label(
    store: Store, number: int
) -> None:
    assert ids(store, number, weak=(NO_LABEL,)) == [8]
    add_documents(store, number, ["parcel again"])
    assert ids(store, number, weak=(NO_LABEL,)) == [8, 10]
    assert ids(store, number, agreement=Agreement.UNCOVERED) == [8, 10]
    assert ids(store, number, text="parcel", gold=(NO_LABEL,)) == [9, 10]


def test_each_part_is_said_in_words_and_can_be_taken_away(store: Store, number: int) -> None:
    refund = lf(store, number, "says_refund")
    query = DocumentFilter(
        "late",
        Split.DEV,
        mode=TextMode.WORDS,
        case=True,
        gold=(0, NO_LABEL),
        weak=(ANY_LABEL,),
        confidence=(0.5, 1.0),
        votes=(VoteCondition(refund, VoteState.WRONG, 1), VoteCondition(99)),
        agreement=Agreement.DISAGREE,
        cells=(CellCondition("city", values=("Bonn", "Köln")), CellCondition("x", CellTest.EMPTY)),
        selection="uncovered",
    )
    found = browsing.parts(store, number, query)
    assert [part.words for part in found] == [
        "Documents that no labeling function covers",
        "text has all words of “late”, capitals count",
        "split dev",
        "gold label is refund or none",
        "weak label is any label",
        "weak label at 50% to 100%",
        "functions disagree",
        "says_refund was wrong delivery",
        "There is no labeling function 99. It may belong to another studio. voted",
        "city is Bonn or Köln",
        "x is empty",
    ]
    for part in found:
        assert len(browsing.parts(store, number, part.without)) == len(found) - 1
    assert browsing.sentence(store, number, DocumentFilter()) == "all documents"


def test_an_empty_project_has_no_match(store: Store) -> None:
    number = projects.create_project(store, ME, name="Empty", labels=["a", "b"])
    for agreement in Agreement:
        assert ids(store, number, agreement=agreement, text="x") == []
