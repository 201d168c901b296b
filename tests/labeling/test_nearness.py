"""The kinds that go by embeddings or predictions: similar, zero-shot, classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.core.errors import Invalid
from studio.labeling import nearness
from studio.labeling.base import kinds
from tests.labeling.voting import SCHEMA, vote

# The made-up embeddings have a direction a topic, and half a step of "anything" in all texts:
# cosine of one topic with itself 1, with "refund parcel" .78, with no topic .45, with another .2.
TEXTS = ["a refund", "refund of a parcel", "hello", "外卖 外卖", None]


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.99, [1, -1, -1, -1, -1]), (0.7, [1, 1, -1, -1, -1]), (0.3, [1, 1, 1, -1, 1])],
)
def test_documents_near_an_exemplar_get_its_label(
    tmp_path: Path, threshold: float, expected: list[int]
) -> None:
    options = {"label": "spam", "exemplars": ["refund"], "threshold": threshold}
    assert vote(tmp_path, "similar", TEXTS, options).votes.tolist() == expected


def test_the_nearest_exemplar_counts(tmp_path: Path) -> None:
    options = {"label": "spam", "exemplars": ["refund", " 外卖 "], "threshold": 0.9}
    assert vote(tmp_path, "similar", TEXTS, options).votes.tolist() == [1, -1, -1, 1, -1]


def test_blocks_of_documents_vote_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearness, "ROWS", 2)
    test_the_nearest_exemplar_counts(tmp_path)


def test_the_nearest_description_wins_if_it_is_near_and_leads(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "descriptions": {"ham": "refund", "spam": "外卖"},
        "threshold": 0.5,
        "margin": 0.1,
    }
    texts = ["a refund", "外卖 很慢", "hello", "refund 外卖", "refund refund 外卖"]
    found = vote(tmp_path, "zero-shot", texts, options)
    assert found.votes.tolist() == [0, 1, -1, -1, 0]
    strict = {**options, "margin": 0.6}
    assert vote(tmp_path, "zero-shot", texts, strict).votes.tolist() == [0, 1, -1, -1, -1]


def test_one_description_needs_no_lead(tmp_path: Path) -> None:
    options = {"descriptions": {"spam": "refund", "ham": " "}, "threshold": 0.9, "margin": 1.0}
    assert vote(tmp_path, "zero-shot", TEXTS, options).votes.tolist() == [1, -1, -1, -1, -1]


@pytest.mark.parametrize(
    ("descriptions", "sentence"),
    [
        ({}, "'descriptions' is"),
        ({"ham": " "}, "describe at least one label"),
        ({"eggs": "a"}, "'eggs' is not a label"),
        ({"ham": "a", "HAM": "b"}, "'ham' is described twice"),
    ],
)
def test_descriptions_name_labels_once(
    tmp_path: Path, descriptions: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        vote(tmp_path, "zero-shot", ["a"], {"descriptions": descriptions})


def test_a_project_keeps_descriptions_in_the_order_of_its_labels() -> None:
    kind = kinds.get("zero-shot")
    options = kind.Options.model_validate({"descriptions": {"SPAM": "a", "ham": "b"}})
    assert list(kind().canonical(options, SCHEMA)["descriptions"].items()) == [
        ("ham", "b"),
        ("spam", "a"),
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"min_confidence": 0.8}, [0, -1, 1]),
        ({"min_confidence": 0.0}, [0, 0, 1]),
        ({"min_confidence": 0.0, "only": ["Spam"]}, [-1, -1, 1]),
    ],
)
def test_a_run_votes_where_it_is_sure_and_allowed(
    tmp_path: Path, options: dict[str, Any], expected: list[int]
) -> None:
    # The made-up model says spam with a tenth a character.
    texts = ["a", "abcd", "abcdefghij"]
    assert vote(tmp_path, "classifier", texts, {"run": 7, **options}).votes.tolist() == expected


def test_what_a_run_votes_on_is_named_and_its_labels_checked(tmp_path: Path) -> None:
    kind = kinds.get("classifier")
    options = kind.Options.model_validate({"run": 7, "only": ["SPAM"]})
    assert kind().inputs(options) == ("run:7",)
    assert kind().canonical(options, SCHEMA)["only"] == ["spam"]
    with pytest.raises(Invalid, match="'eggs' is not a label"):
        vote(tmp_path, "classifier", ["a"], {"run": 7, "only": ["eggs"]})


@pytest.mark.parametrize("name", ["similar", "zero-shot", "classifier"])
def test_what_cannot_be_marked_says_why(name: str) -> None:
    kind = kinds.get(name)
    values: dict[str, Any] = {
        "similar": {"label": 0, "exemplars": ["a"]},
        "zero-shot": {"descriptions": {"ham": "a"}},
        "classifier": {"run": 1},
    }[name]
    assert kind().unmarked(kind.Options.model_validate(values)).endswith(".")
