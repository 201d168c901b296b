from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.votes import VoteMatrix
from studio.services import flips, labeling, trying, weak_labels
from studio.services.flips import Change, Combined
from studio.services.trial_results import Trial
from studio.storage.store import Store
from tests.services.helpers import ME, do, label_project, make_project

labels = st.lists(st.tuples(*[st.integers(-1, 2)] * 3), min_size=1, max_size=40)


def combined(before: list[int], after: list[int]) -> Combined:
    ids = np.arange(len(before), dtype=np.int64) * 2
    return Combined(ids, np.array(before, np.int16), np.array(after, np.int16), "majority", "")


@given(labels)
def test_counts_agree_with_counting_by_hand(rows: list[tuple[int, int, int]]) -> None:
    before, after, gold = (list(column) for column in zip(*rows, strict=True))
    found = flips.compare(combined(before, after), np.array(gold, np.int16), 3)
    assert (
        found.n_changed
        == sum(b != a for b, a, _ in rows)
        == sum(change.count for change in found.changes)
    )
    for change in found.changes:
        assert change.count == rows_of(rows, change)
        assert change.before != change.after
    right = [i * 2 for i, (b, a, g) in enumerate(rows) if g != -1 and b != g and a == g]
    wrong = [i * 2 for i, (b, a, g) in enumerate(rows) if g != -1 and b == g and a != g]
    assert (found.becoming_right, found.becoming_wrong) == (tuple(right), tuple(wrong))
    assert (found.n_right, found.n_wrong) == (len(right), len(wrong))
    assert found.right_after - found.right_before == len(right) - len(wrong)
    assert flips.from_json(flips.to_json(found)) == found


def rows_of(rows: list[tuple[int, int, int]], change: Change) -> int:
    return sum((b, a) == (change.before, change.after) for b, a, _ in rows)


def test_shares_of_labels_leave_out_documents_without_a_vote() -> None:
    found = flips.compare(combined([0, 1, -1, 0], [-1, -1, -1, -1]), np.full(4, -1, np.int16), 2)
    assert found.balance_before == pytest.approx((2 / 3, 1 / 3))
    assert found.balance_after == (0.0, 0.0)


def test_a_draft_takes_the_place_of_what_it_replaces() -> None:
    matrix = VoteMatrix(
        np.array([[0, 1], [1, 1]], np.int16), np.arange(2, dtype=np.int64), ("a", "b"), 2
    )
    column = np.array([-1, 0], np.int16)
    instead = flips.replaced(matrix, column, "draft", instead_of="b")
    assert (instead.lf_names, instead.votes.tolist()) == (("a", "b"), [[0, -1], [1, 0]])
    added = flips.replaced(matrix, column, "a", instead_of=None)
    assert (added.lf_names, added.votes[:, 2].tolist()) == (("a", "b", "a_2"), [-1, 0])


def try_keyword(store: Store, number: int, words: list[str], lf_id: int | None) -> Trial:
    options = {"label": "refund", "keywords": words}
    job = trying.start_try(store, ME, number, kind="keyword", options=options, lf_id=lf_id)
    do(store, job)
    found = trying.result(store, job)
    assert found is not None
    return found[0]


def test_flips_of_a_new_function_by_majority(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    # "nice" votes where nobody did (8); nothing else is touched.
    found = try_keyword(store, number, ["nice"], None).flips
    assert found is not None
    assert (found.model, found.n_docs, found.note) == ("majority", 10, "")
    assert found.changes == (Change(-1, 0, 1),)
    assert (found.n_gold, found.right_before, found.right_after) == (8, 8, 8)


def test_flips_of_an_edit_replace_its_votes(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    money = next(f.lf_id for f in store.functions.list(number) if f.name == "says_money")
    # Without "money" the gold documents 1 and 3 lose their label; with "shop" 8 gets one.
    trial = try_keyword(store, number, ["shop"], money)
    found = trial.flips
    assert found is not None
    assert set(found.changes) == {Change(0, -1, 2), Change(-1, 0, 1)}
    assert (found.becoming_wrong, found.n_right) == ((1, 3), 0)
    documents, total = trying.documents(store, trial, "flips")
    assert total == trial.chips["flips"] == 3
    # Those that become wrong come first.
    assert [(d.doc_id, d.before, d.after) for d in documents] == [
        (1, 0, -1),
        (3, 0, -1),
        (8, -1, 0),
    ]


def test_the_labels_before_are_those_of_the_projects_own_fit(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    weak = weak_labels.current(store, number)
    assert weak is not None
    matrix = labeling.vote_matrix(store, number)
    found = flips.combine(store, number, matrix, matrix)
    assert found is not None
    own = np.where(weak.covered, weak.decide(0), -1)
    assert found.before.tolist() == own.tolist() == found.after.tolist()


def test_where_nobody_votes_nothing_is_combined(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    trial = try_keyword(store, number, ["banana"], None)
    assert trial.flips is None
    assert trial.chips["flips"] == 0


@pytest.mark.slow
def test_a_model_that_cannot_learn_gives_way_to_majority(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    do(store, weak_labels.start_fit(store, ME, number, name="snorkel", options={"n_epochs": 5}))
    fitted = try_keyword(store, number, ["nice"], None).flips
    assert fitted is not None
    assert (fitted.model, fitted.note) == ("snorkel", "")
    labeling.set_enabled(store, ME, store.functions.list(number)[0].lf_id or 0, False)
    found = try_keyword(store, number, ["nice"], None).flips
    assert found is not None
    assert found.model == "majority"
    assert "at least 3" in found.note
