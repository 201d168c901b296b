"""What every training method must do."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.classifier import Classifier
from studio.core.errors import Invalid
from studio.core.runs import TrainingSet
from studio.training.base import TrainContext, training_methods
from studio.training.loading import load_classifier
from studio.training.manifest import read_manifest
from tests.training.tiny import make_set

QUICK: dict[str, dict[str, Any]] = {
    "fine-tune": {"epochs": 10, "learning_rate": 3e-3, "batch_size": 8, "evaluations": 3}
}


@pytest.fixture(params=training_methods.names())
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def train(
    method: str, backbone: Path, folder: Path, training_set: TrainingSet, **context: Any
) -> tuple[Classifier, list[dict[str, Any]]]:
    member = training_methods.get(method)
    values = dict(QUICK.get(method, {}))
    if "backbone" in member.Options.model_fields:
        values["backbone"] = str(backbone)
    out, work = folder / "out", folder / "work"
    out.mkdir(parents=True)
    work.mkdir()
    events: list[dict[str, Any]] = []
    full = TrainContext(
        **{"seed": 0, "work": work, "out": out, "report": events.append, **context}
    )
    return member().train(training_set, member.Options.model_validate(values), full), events


@pytest.mark.slow
def test_what_is_loaded_says_what_was_trained(method: str, backbone: Path, tmp_path: Path) -> None:
    training_set = make_set()
    trained, events = train(method, backbone, tmp_path, training_set)
    loaded = load_classifier(tmp_path / "out")
    assert loaded.labels == training_set.labels == trained.labels
    probs = loaded.predict_proba(training_set.dev_texts)
    np.testing.assert_allclose(probs, trained.predict_proba(training_set.dev_texts), atol=1e-5)
    assert (probs.argmax(axis=1) == training_set.dev_labels).mean() >= 0.9
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    assert (manifest.method, manifest.labels) == (method, training_set.labels)
    kinds = {event["type"] for event in events}
    assert {"phase", "metric", "progress", "best"} <= kinds
    assert not list((tmp_path / "out").glob("*.bin"))


@pytest.mark.slow
def test_rows_sum_to_one_and_keep_the_order_of_the_texts(
    method: str, backbone: Path, tmp_path: Path
) -> None:
    trained, _ = train(method, backbone, tmp_path, make_set())
    texts = ["a great day", "", "awful", "a great day", "\ud800 \x00 中文", "film " * 500]
    probs = trained.predict_proba(texts)
    assert probs.shape == (6, 2)
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(probs[0], probs[3])
    np.testing.assert_allclose(trained.predict_proba(texts[::-1]), probs[::-1], atol=1e-5)
    assert trained.predict_proba([]).shape == (0, 2)


@pytest.mark.slow
def test_same_seed_gives_the_same_model(method: str, backbone: Path, tmp_path: Path) -> None:
    training_set = make_set()
    texts = training_set.dev_texts
    one, _ = train(method, backbone, tmp_path / "1", training_set, seed=3)
    two, _ = train(method, backbone, tmp_path / "2", training_set, seed=3)
    np.testing.assert_allclose(one.predict_proba(texts), two.predict_proba(texts), atol=1e-6)


@pytest.mark.slow
def test_a_label_without_documents_is_improbable(
    method: str, backbone: Path, tmp_path: Path
) -> None:
    two = make_set()
    wider = np.pad(two.targets, ((0, 0), (0, 1)))
    training_set = dataclasses.replace(two, targets=wider, labels=("bad", "good", "unseen"))
    trained, _ = train(method, backbone, tmp_path, training_set)
    probs = trained.predict_proba(training_set.dev_texts)
    assert probs.shape == (12, 3)
    assert probs[:, 2].max() < 0.2


@pytest.mark.slow
def test_heavy_documents_win_over_light_ones(method: str, backbone: Path, tmp_path: Path) -> None:
    # The same texts twice: heavy with their labels, light with the opposite ones.
    right = make_set(soft=1.0)
    both = dataclasses.replace(
        right,
        texts=right.texts * 2,
        targets=np.concatenate([right.targets, 1 - right.targets]),
        weights=np.concatenate([np.full(48, 1.0), np.full(48, 0.05)]).astype(np.float32),
        origins=np.tile(right.origins, 2),
        doc_ids=np.arange(96, dtype=np.int64),
    )
    trained, _ = train(method, backbone, tmp_path, both)
    found = trained.predict_proba(both.dev_texts).argmax(axis=1)
    assert (found == both.dev_labels).mean() >= 0.9


@pytest.mark.slow
def test_no_dev_documents_are_needed(method: str, backbone: Path, tmp_path: Path) -> None:
    trained, _ = train(method, backbone, tmp_path, make_set(n_dev=0))
    assert trained.predict_proba(["great"]).argmax() == 1


def test_one_label_is_nothing_to_learn(method: str, backbone: Path, tmp_path: Path) -> None:
    all_bad = np.tile(np.asarray([[1, 0]], np.float32), (48, 1))
    alike = dataclasses.replace(make_set(), targets=all_bad)
    with pytest.raises(Invalid, match="same label"):
        train(method, backbone, tmp_path, alike)


def test_every_option_can_be_drawn(method: str) -> None:
    member = training_methods.get(method)
    assert member.title
    assert member.summary.endswith(".")
    for name, field in member.Options.model_fields.items():
        assert field.title, name
        assert field.description, name
