"""The sample project keeps the promises that the first minutes with Weft rest on."""

from __future__ import annotations

import csv
import re
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.functions import LabelingFunction
from studio.core.schema import ABSTAIN
from studio.core.votes import decide
from studio.importers.base import incoming, preview
from studio.services import sample
from studio.services.sample_data import generate

SCHEMA = sample.sample_schema()


def rows() -> list[dict[str, str]]:
    with sample.sample_documents_path().open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def vote(function: LabelingFunction, row: dict[str, str]) -> int:
    """The meaning of the three kinds, written down independently of the room labeling."""
    options: dict[str, Any] = dict(function.options)
    if function.kind == "python":
        names = {name.upper(): index for index, name in enumerate(SCHEMA.names)}
        scope: dict[str, Any] = {**names, "ABSTAIN": ABSTAIN}
        exec(options["code"], scope)
        return int(scope[options["function"]](SimpleNamespace(**row)))
    pattern = (
        options.get("pattern") or rf"\b({'|'.join(map(re.escape, options.get('keywords', ())))})\b"
    )
    found = re.search(pattern, row["text"], re.IGNORECASE)
    return SCHEMA.parse(options["label"]) if found else ABSTAIN


def votes() -> NDArray[np.int16]:
    functions = sample.sample_functions()
    return np.array([[vote(f, row) for f in functions] for row in rows()], np.int16)


def gold() -> NDArray[np.int16]:
    names = [row["intent"] for row in rows()]
    return np.array([SCHEMA.index_of(n) if n else ABSTAIN for n in names], np.int16)


def test_file_is_what_the_generator_makes() -> None:
    path = sample.sample_documents_path()
    assert path.read_bytes().decode() == generate.messages()


def test_texts_are_600_and_all_different() -> None:
    texts = [row["text"].casefold() for row in rows()]
    assert len(set(texts)) == len(texts) == 600
    assert not any("{" in text or "}" in text for text in texts)


def test_a_quarter_has_gold_alike_for_each_label_and_all_of_dev_and_test() -> None:
    found = rows()
    counts = Counter((row["split"], row["intent"]) for row in found if row["intent"])
    assert sum(counts.values()) == 148
    for split, n in (("dev", 14), ("test", 18), ("train", 5)):
        assert [counts[split, name] for name in SCHEMA.names] == [n] * 4
    assert all(row["intent"] for row in found if row["split"] != "train")


def test_file_imports_as_its_mapping_says() -> None:
    path, mapping = sample.sample_documents_path(), sample.sample_mapping()
    assert preview(path, "csv", {}).mapping == mapping
    parts = list(incoming(path, "csv", {}, mapping, schema=SCHEMA))
    assert sum(part.batch.num_rows for part in parts) == 600
    assert parts[0].batch.schema.names == ["external_id", "text", "channel"]
    np.testing.assert_array_equal(np.concatenate([p.labels for p in parts]), gold())
    assert not any(part.skipped for part in parts)


def test_functions_are_of_three_kinds_and_have_names_of_their_own() -> None:
    functions = sample.sample_functions()
    assert len({function.name for function in functions}) == len(functions) == 8
    assert {function.kind for function in functions} == {"keyword", "regex", "python"}


@pytest.mark.slow
def test_votes_cover_overlap_and_contradict_each_other() -> None:
    matrix = votes()
    voted = matrix != ABSTAIN
    differs = [len(set(row[row != ABSTAIN])) > 1 for row in matrix]
    assert 0.8 < voted.any(axis=1).mean() < 0.95
    assert (voted.sum(axis=1) > 1).mean() > 0.2
    assert 0.08 < np.mean(differs) < 0.25
    truth = gold()
    for column in matrix.T:
        judged = (column != ABSTAIN) & (truth != ABSTAIN)
        assert 0.6 < (column[judged] == truth[judged]).mean() <= 1.0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_label_model_is_good_but_not_perfect_on_gold() -> None:
    from snorkel.labeling.model import LabelModel

    matrix, truth = votes().astype(int), gold()
    train = np.array([row["split"] == "train" for row in rows()])
    model = LabelModel(cardinality=4, verbose=False)
    model.fit(matrix[train], n_epochs=500, seed=0, progress_bar=False)
    judged = (truth != ABSTAIN) & (matrix != ABSTAIN).any(axis=1)
    accuracy = (decide(model.predict_proba(matrix[judged])) == truth[judged]).mean()
    assert 0.85 < accuracy < 0.97
