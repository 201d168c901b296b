from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Conflict, Forbidden, NotFound
from studio.core.intervals import wilson
from studio.services import applying, history, labeling
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, add_keyword, do, label_project, make_project


def reword(store: Store, project_id: int, lf_id: int, *words: str) -> None:
    labeling.save_function(
        store,
        ME,
        project_id,
        kind="keyword",
        name="says_refund",
        options={"label": "refund", "keywords": list(words)},
        lf_id=lf_id,
    )


@pytest.fixture
def project(store: Store, tmp_path: Path) -> tuple[int, int]:
    """A project whose first function has a second version, applied."""
    number = make_project(store, tmp_path)
    label_project(store, number)
    lf_id = store.functions.list(number)[0].lf_id
    assert lf_id is not None
    reword(store, number, lf_id, "refund", "my")
    do(store, applying.start_apply(store, ME, number))
    return number, lf_id


def test_a_version_says_what_it_changed(store: Store, project: tuple[int, int]) -> None:
    new, old = history.history(store, *project)
    assert (new.version, old.version, new.by) == (2, 1, "ada")
    # "refund" is in 0, 2, 9; "my" in 1, 4, 7 besides.
    assert (old.coverage, new.coverage) == (0.3, 0.6)
    assert new.change_coverage == pytest.approx(0.3)
    assert (old.right, old.n_gold, new.right, new.n_gold) == (2, 2, 3, 5)
    assert new.change_precision == pytest.approx(3 / 5 - 1)
    assert new.interval == wilson(3, 5)
    # says_parcel contradicts it on 9 in both versions, on 4 and 7 in the second.
    assert (old.conflicts, new.conflicts) == (0.1, 0.3)
    assert new.change_conflicts == pytest.approx(0.2)
    assert old.change_coverage is None


def test_a_diff_shows_the_lines_that_changed(store: Store, project: tuple[int, int]) -> None:
    new, old = history.history(store, *project)
    changed = [line for line in new.diff if line[0] in "+-"]
    assert changed == ["+  - my"]
    assert "+kind: keyword" in old.diff
    assert "+label: refund" in old.diff


def test_code_is_compared_line_by_line(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    code = "def f(x):\n    return {}\n"
    options = {"code": code.format(0), "function": "f"}
    function = labeling.save_function(store, ME, number, kind="python", name="f", options=options)
    options = {"code": code.format(1), "function": "f"}
    labeling.save_function(
        store, ME, number, kind="python", name="f", options=options, lf_id=function.lf_id
    )
    assert function.lf_id is not None
    newest = history.history(store, number, function.lf_id)[0]
    changed = [line for line in newest.diff if line[0] in "+-"]
    assert changed == ["-        return 0", "+        return 1"]


def test_a_version_that_was_never_applied_has_no_figures(
    store: Store, project: tuple[int, int]
) -> None:
    reword(store, *project, "banana")
    newest, before, _ = history.history(store, *project)
    assert (newest.coverage, newest.conflicts, newest.precision) == (None, None, None)
    assert newest.change_coverage is None
    assert before.coverage == 0.6


def test_restoring_brings_the_votes_back_at_once_and_loses_nothing(
    store: Store, project: tuple[int, int]
) -> None:
    number, lf_id = project
    restored = history.restore_version(store, ME, lf_id, 1)
    assert restored.version == 3
    row = labeling.list_functions(store, number)[0]
    assert (row.stale, row.summary.coverage) == (False, 0.3)
    assert [row.version for row in history.history(store, number, lf_id)] == [3, 2, 1]


def test_what_is_there_already_is_not_restored(store: Store, project: tuple[int, int]) -> None:
    with pytest.raises(Conflict, match="nothing to restore"):
        history.restore_version(store, ME, project[1], 2)
    with pytest.raises(NotFound, match="no version 9; it has 1 to 2"):
        history.restore_version(store, ME, project[1], 9)
    with pytest.raises(Forbidden):
        history.restore_version(store, GUEST, project[1], 1)


def test_a_function_of_another_project_has_no_history_here(
    store: Store, project: tuple[int, int], tmp_path: Path
) -> None:
    other = make_project(store, tmp_path, name="Other")
    add_keyword(store, other, "f", "refund", "refund")
    with pytest.raises(NotFound):
        history.history(store, other, project[1])


def test_readable_options_nest() -> None:
    from studio.core.functions import LabelingFunction

    options = {"a": {"b": [1, "x"], "c": None}, "on": True, "none": []}
    assert history.readable(LabelingFunction("f", "k", options)) == [
        "kind: k",
        "a:",
        "  b:",
        "    - 1",
        "    - x",
        "  c: none",
        "on: yes",
        "none: []",
    ]
