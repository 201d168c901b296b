"""Splits, mappings, roles, states, functions, errors, explanations and training sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core import errors
from studio.core.documents import ColumnMapping, Split
from studio.core.errors import BadRecipe, FailureCategory, Forbidden, Invalid, RunFailed
from studio.core.explanations import Explanation
from studio.core.functions import Fault, LabelingFunction, Votes
from studio.core.jobs import JobState, no_progress
from studio.core.runs import TargetOrigin, TrainingSet
from studio.core.users import Role, User


@pytest.mark.parametrize("split", list(Split))
def test_a_split_and_its_code_lead_to_each_other(split: Split) -> None:
    assert Split.from_code(split.code) is split
    assert Split.parse(f" {split.value.upper()} ") is split


@pytest.mark.parametrize(
    ("cell", "split"), [("validation", Split.DEV), ("Val", Split.DEV), ("training", Split.TRAIN)]
)
def test_usual_words_for_splits_are_understood(cell: str, split: Split) -> None:
    assert Split.parse(cell) is split


@given(st.text(max_size=100))
def test_another_word_is_no_split(word: str) -> None:
    known = {"train", "training", "dev", "valid", "validation", "val", "test", "testing"}
    if word.strip().casefold() not in known:
        with pytest.raises(Invalid, match="use train, dev or test"):
            Split.parse(word)


def test_a_column_is_only_one_thing() -> None:
    ColumnMapping(text="t", label="l", split="s", external_id="i")
    with pytest.raises(Invalid, match="'t' was chosen twice"):
        ColumnMapping(text="t", label="t")


def test_a_role_may_what_the_lower_ones_may() -> None:
    for has in Role:
        for needs in Role:
            if has >= needs:
                User("ada", has).require(needs)
            else:
                with pytest.raises(Forbidden, match=needs.name.lower()):
                    User("ada", has).require(needs)


def test_a_job_ends_in_one_of_four_states() -> None:
    ends = {state for state in JobState if state.is_finished}
    assert ends == set(JobState) - {JobState.QUEUED, JobState.RUNNING}
    assert len(ends) == 4
    no_progress(0.5, "nobody hears")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0", "x" * 101])
def test_a_function_needs_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(Invalid, match="1 to 100 printable"):
        LabelingFunction(name, "keyword", {})


def test_faults_are_counted_by_document() -> None:
    faults = (Fault("f", "KeyError", "a", count=3), Fault("f", "ValueError", "b"))
    assert Votes(np.zeros(9, np.int16), faults).n_faults == 4


def test_every_error_that_is_shown_is_of_one_tree() -> None:
    shown = [
        value
        for value in vars(errors).values()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value is not errors.Canceled
    ]
    assert all(issubclass(value, errors.StudioError) for value in shown)
    assert not issubclass(errors.Canceled, errors.StudioError)


def test_a_recipe_error_says_its_line_and_a_failed_run_its_cure() -> None:
    assert str(BadRecipe("wrong", 3)) == "line 3: wrong"
    assert str(BadRecipe("wrong")) == "wrong"
    assert RunFailed("x").category is FailureCategory.CODE_ERROR
    assert RunFailed("x", FailureCategory.OUT_OF_MEMORY).category is FailureCategory.OUT_OF_MEMORY


def test_an_explanation_has_a_value_a_span() -> None:
    with pytest.raises(Invalid, match="1 spans and 0 values"):
        Explanation("a", ((0, 1),), (), 0, 0.5, (0.5, 0.5), "shap", 1, 1)


def training_set(**changes: object) -> TrainingSet:
    parts: dict[str, object] = {
        "texts": ("a", "b"),
        "targets": np.array([[1, 0], [0.3, 0.7]], np.float32),
        "weights": np.ones(2, np.float32),
        "origins": np.array([0, 1], np.int8),
        "doc_ids": np.array([4, 5], np.int64),
        "labels": ("ham", "spam"),
    }
    return TrainingSet(**{**parts, **changes})  # type: ignore[arg-type]


def test_a_training_set_counts_its_labels() -> None:
    counts = training_set().counts()
    assert counts == pytest.approx({"ham": 1.3, "spam": 0.7})
    assert len(training_set()) == 2
    assert [origin.code for origin in TargetOrigin] == [0, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ("only",)},
        {"texts": ("a",)},
        {"weights": np.ones(3, np.float32)},
        {"origins": np.zeros(1, np.int8)},
        {"doc_ids": np.zeros(1, np.int64)},
        {"dev_texts": ("x",)},
    ],
)
def test_a_training_set_whose_parts_do_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        training_set(**changes)


def test_a_training_set_is_named_by_all_that_a_run_can_see() -> None:
    same = training_set().fingerprint
    assert training_set().fingerprint == same
    for changes in (
        {"texts": ("a", "c")},
        {"weights": np.array([1, 2], np.float32)},
        {"labels": ("spam", "ham")},
        {"dev_texts": ("x",), "dev_labels": np.array([1], np.int16)},
    ):
        assert training_set(**changes).fingerprint != same
