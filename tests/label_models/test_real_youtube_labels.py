"""The reference figures of real votes: see the data's own description."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.votes import VoteMatrix, decide
from studio.label_models.base import label_models

NAMES = (
    "keyword_my",
    "keyword_subscribe",
    "keyword_link",
    "keyword_please",
    "keyword_song",
    "regex_check_out",
    "short_comment",
    "has_person_nlp",
    "textblob_polarity",
    "textblob_subjectivity",
)


def _read(path: Path) -> tuple[VoteMatrix, NDArray[np.int16]]:
    rows = list(json.loads(path.read_text("utf-8")).values())
    votes = np.array([row["weak_labels"] for row in rows], np.int16)
    gold = np.array([row["label"] for row in rows], np.int16)
    return VoteMatrix(votes, np.arange(len(rows)), NAMES, 2), gold


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(("name", "accuracy"), [("majority", 0.840), ("snorkel", 0.864)])
def test_accuracy_on_the_test_split_is_that_of_the_reference(
    real_data: Path, name: str, accuracy: float
) -> None:
    folder = real_data / "youtube_spam"
    train, _ = _read(folder / "train.json")
    test, gold = _read(folder / "test.json")
    model = label_models.get(name)()
    model.fit(train, options=model.Options(), seed=0)
    decided = decide(model.predict_proba(test).probs, seed=0)
    assert (decided == gold).mean() == pytest.approx(accuracy, abs=1e-9)
