"""Real comments with real weak labels: the figure that the control must reach.

The figure of fine-tuning is in tests/test_real_youtube_recipe.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.runs import TrainingSet
from studio.training import process
from studio.training.gate import check_reload
from studio.training.loading import load_classifier
from tests.conftest import REAL_DATA
from tests.training.tiny import make_run

DATA = REAL_DATA / "youtube_spam"


def read(name: str) -> tuple[tuple[str, ...], NDArray[np.int16], NDArray[np.int64]]:
    rows = list(json.loads((DATA / name).read_text(encoding="utf-8")).values())
    return (
        tuple(row["data"]["text"] for row in rows),
        np.asarray([row["label"] for row in rows], np.int16),
        np.asarray([row["weak_labels"] for row in rows]),
    )


@pytest.fixture(scope="module")
def weak() -> TrainingSet:
    """The covered train comments with the probabilities of Snorkel's label model."""
    from snorkel.labeling.model import LabelModel

    texts, _, votes = read("train.json")
    dev_texts, dev_labels, _ = read("valid.json")
    covered = (votes != -1).any(axis=1)
    model = LabelModel(cardinality=2, verbose=False)
    model.fit(votes, n_epochs=500, seed=0, progress_bar=False)
    n = int(covered.sum())
    return TrainingSet(
        texts=tuple(text for text, kept in zip(texts, covered, strict=True) if kept),
        targets=model.predict_proba(votes[covered]).astype(np.float32),
        weights=np.ones(n, np.float32),
        origins=np.ones(n, np.int8),
        doc_ids=np.flatnonzero(covered).astype(np.int64),
        labels=("HAM", "SPAM"),
        dev_texts=dev_texts,
        dev_labels=dev_labels,
    )


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(("method", "least"), [("tfidf", 0.85)])
def test_defaults_reach_the_figure(
    weak: TrainingSet, tmp_path: Path, method: str, least: float
) -> None:
    run = make_run(tmp_path / "run", weak, {}, method=method)
    outcome = process.run(run, on_event=lambda event: None, should_stop=lambda: False)
    assert not outcome.stopped
    assert check_reload(run / "model", run / "data") <= 1e-4
    texts, labels, _ = read("test.json")
    found = load_classifier(run / "model").predict_proba(texts).argmax(axis=1)
    assert (found == labels).mean() >= least
