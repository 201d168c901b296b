"""What every kind of labeling function keeps to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.errors import Canceled, Invalid
from studio.core.functions import LabelingFunction
from studio.core.schema import LabelSchema
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking, kinds
from tests.labeling.offering import Offer
from tests.labeling.shards import write_shard

EXAMPLES: dict[str, dict[str, Any]] = {
    "keyword": {"label": "spam", "keywords": ["check"]},
    "regex": {"label": "spam", "pattern": "check .* out"},
    "python": {"code": "def f(x): return SPAM if 'Check' in x.text else ABSTAIN", "function": "f"},
    "votes": {"column": "by_hand"},
    "lexicon": {"lexicon": "moods"},
    "heuristic": {"label": "spam", "measure": "exclamation marks", "value": "1"},
    "similar": {"label": "spam", "exemplars": ["the refund"]},
    "zero-shot": {"descriptions": {"ham": "a parcel", "spam": "a refund"}},
    "classifier": {"run": 1},
    "prompt": {"endpoint": "tiny"},
}
TEXTS = ["", "Check it out", "naïve 你好", "\U0001f600" * 3, "line\nCheck\x00", "x" * 10_000]


@pytest.mark.parametrize("name", kinds.names())
def test_a_kind_tells_what_it_is(name: str) -> None:
    kind = kinds.get(name)
    assert kind.title
    assert kind.summary.endswith(".")
    assert all(f.title and f.description for f in kind.Options.model_fields.values())


@pytest.mark.parametrize("name", kinds.names())
def test_votes_are_one_int16_a_document_and_the_same_each_time(
    name: str, tmp_path: Path, schema: LabelSchema
) -> None:
    shard = write_shard(tmp_path / "a.arrow", TEXTS, rows_a_batch=2)
    function = LabelingFunction("mine", name, EXAMPLES[name])
    first, second = (
        apply_function(function, shard, Asking(schema, resources=Offer())) for _ in range(2)
    )
    assert first.votes.dtype == np.int16
    assert first.votes.shape == (len(TEXTS),)
    assert set(first.votes.tolist()) <= {-1, 0, 1}
    np.testing.assert_array_equal(first.votes, second.votes)
    assert first.faults == ()


@pytest.mark.parametrize("name", kinds.names())
def test_no_documents_give_no_votes(name: str, tmp_path: Path, schema: LabelSchema) -> None:
    shard = write_shard(tmp_path / "none.arrow", [])
    votes = apply_function(
        LabelingFunction("mine", name, EXAMPLES[name]), shard, Asking(schema, resources=Offer())
    )
    assert votes.votes.shape == (0,)
    assert votes.faults == ()


@pytest.mark.parametrize("name", kinds.names())
def test_unknown_and_missing_options_are_refused(
    name: str, shard: Path, schema: LabelSchema
) -> None:
    with pytest.raises(Invalid, match="'mine'.*'colour' is not known"):
        apply_function(
            LabelingFunction("mine", name, {**EXAMPLES[name], "colour": 1}),
            shard,
            Asking(schema, resources=Offer()),
        )
    with pytest.raises(Invalid, match="is missing"):
        apply_function(
            LabelingFunction("mine", name, {}), shard, Asking(schema, resources=Offer())
        )


@pytest.mark.parametrize("name", ["keyword", "regex", "lexicon", "heuristic", "similar"])
@pytest.mark.parametrize("label", ["viagra", 2, "-1"])
def test_a_label_that_is_not_there_is_refused(
    name: str, label: object, shard: Path, schema: LabelSchema
) -> None:
    function = LabelingFunction("mine", name, {**EXAMPLES[name], "label": label})
    with pytest.raises(Invalid, match="is not a label"):
        apply_function(function, shard, Asking(schema, resources=Offer()))


@pytest.mark.parametrize("name", [name for name in kinds.names() if name != "votes"])
def test_a_stop_is_heard(name: str, shard: Path, schema: LabelSchema) -> None:
    def stop(fraction: float, message: str = "") -> None:
        raise Canceled

    options = dict(EXAMPLES[name])
    if name == "python":
        options["code"] = "import time\ndef f(x):\n    time.sleep(0.2)\n    return 0"
    with pytest.raises(Canceled):
        apply_function(
            LabelingFunction("mine", name, options),
            shard,
            Asking(schema, progress=stop, resources=Offer()),
        )


@pytest.mark.parametrize("name", kinds.names())
def test_spans_lie_in_the_text_and_ascend(name: str, schema: LabelSchema) -> None:
    kind = kinds.get(name)
    options = kind.Options.model_validate(EXAMPLES[name])
    for text in TEXTS:
        spans = kind().matches(text, options, Asking(schema, resources=Offer()))
        flat = [edge for span in spans for edge in span]
        assert flat == sorted(flat)
        assert all(0 <= start < end <= len(text) for start, end in spans)


@pytest.mark.parametrize("name", kinds.names())
def test_what_a_project_keeps_is_read_as_the_same_options(name: str, schema: LabelSchema) -> None:
    kind = kinds.get(name)
    options = kind.Options.model_validate(EXAMPLES[name])
    kept = kind().canonical(options, schema)
    assert json.loads(json.dumps(kept)) == kept
    assert kind().canonical(kind.Options.model_validate(kept), schema) == kept
    assert kept.get("label", "spam") in ("spam", None)


def test_faults_carry_the_name_of_the_function(shard: Path, schema: LabelSchema) -> None:
    function = LabelingFunction("mine", "python", {"code": "def f(x): 1/0", "function": "f"})
    assert [
        f.lf_name
        for f in apply_function(function, shard, Asking(schema, resources=Offer())).faults
    ] == ["mine"]
