"""The kind *prompt*: what becomes of answers, whoever gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from studio.core.errors import Canceled, Invalid
from studio.core.functions import LabelingFunction, Votes
from studio.core.jobs import Progress, no_progress
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking, kinds
from studio.labeling.resources import PLAIN, Completion, NoResources, Sampling
from tests.labeling.shards import write_shard


class Model(NoResources):
    """A language model of one rule; keeps what it was asked."""

    def __init__(self, rule: Callable[[str], Completion]) -> None:
        self.rule = rule
        self.prompts: list[str] = []
        self.sampling = PLAIN

    def complete(
        self,
        endpoint: str,
        prompts: Sequence[str],
        *,
        sampling: Sampling = PLAIN,
        progress: Progress = no_progress,
    ) -> Sequence[Completion]:
        assert endpoint == "tiny"
        self.prompts += prompts
        self.sampling = sampling
        progress(1.0)
        return [self.rule(prompt) for prompt in prompts]


def vote(
    path: Path, schema: LabelSchema, rule: Callable[[str], Completion], **options: Any
) -> tuple[Votes, Model]:
    model = Model(rule)
    function = LabelingFunction(
        "mine", "prompt", {"endpoint": "tiny", "prompt": "{text}", **options}
    )
    return apply_function(function, path, Asking(schema, resources=model)), model


def test_each_document_gets_the_label_of_its_answer(shard: Path, schema: LabelSchema) -> None:
    votes, model = vote(
        shard,
        schema,
        lambda prompt: Completion("Yes." if "Check" in prompt else "no"),
        prompt="{n}: {text} [{labels}]",
        answers=["yes = spam", "no = ham"],
        max_tokens=9,
        seed=4,
        concurrency=2,
    )
    assert votes.votes.tolist() == [1 if i % 3 == 0 else 0 for i in range(20)]
    assert votes.faults == ()
    assert model.prompts[3] == "3: row 3 Check it out [yes, no]"
    assert model.sampling == Sampling("{n}: {text} [{labels}]", 9, 4, 2)


def test_answers_not_understood_are_faults_with_three_documents(
    shard: Path, schema: LabelSchema
) -> None:
    votes, _ = vote(shard, schema, lambda p: Completion("maybe" if "Check" in p else "ham"))
    assert votes.votes.tolist() == [ABSTAIN if i % 3 == 0 else 0 for i in range(20)]
    (fault,) = votes.faults
    assert (fault.lf_name, fault.exception, fault.count) == ("mine", "UnparseableAnswer", 7)
    assert (fault.doc_id, fault.doc_ids) == (0, (0, 3, 6))
    assert "'maybe'" in fault.message
    assert kinds.get("prompt")().is_final(votes)


def test_a_document_without_an_answer_is_asked_about_again(
    shard: Path, schema: LabelSchema
) -> None:
    def rule(prompt: str) -> Completion:
        return (
            Completion(None, f"It answered 500: {prompt}")
            if "row 1" in prompt
            else Completion("ham")
        )

    votes, _ = vote(shard, schema, rule)
    (fault,) = votes.faults
    assert (fault.exception, fault.count, fault.doc_ids) == ("NoAnswer", 11, (1, 10, 11))
    assert votes.n_faults == 11
    assert not kinds.get("prompt")().is_final(votes)


def test_a_refusal_stops_the_function_and_counts_the_rest(
    tmp_path: Path, schema: LabelSchema
) -> None:
    shard = write_shard(tmp_path / "many.arrow", [f"row {i}" for i in range(600)])
    votes, model = vote(
        shard, schema, lambda p: Completion(None, "It refused the key", refused=True)
    )
    assert len(model.prompts) < 600
    (fault,) = votes.faults
    assert (fault.exception, fault.message, fault.count) == (
        "EndpointRefused",
        "It refused the key",
        600,
    )
    assert set(votes.votes.tolist()) == {ABSTAIN}
    assert not kinds.get("prompt")().is_final(votes)


def test_a_prompt_without_text_is_refused(shard: Path, schema: LabelSchema) -> None:
    with pytest.raises(Invalid, match=r"write \{text\}"):
        vote(shard, schema, lambda p: Completion("ham"), prompt="what?")


def test_an_unknown_column_or_label_is_refused_before_anything_is_asked(
    shard: Path, schema: LabelSchema
) -> None:
    for options, why in (({"prompt": "{text} {x}"}, r"\{x\}"), ({"answers": ["a = b"]}, "'b'")):
        with pytest.raises(Invalid, match=why):
            vote(shard, schema, pytest.fail, **options)


def test_a_stop_ends_it(shard: Path, schema: LabelSchema) -> None:
    def stop(fraction: float, message: str = "") -> None:
        raise Canceled

    function = LabelingFunction("mine", "prompt", {"endpoint": "tiny"})
    with pytest.raises(Canceled):
        apply_function(
            function, shard, Asking(schema, progress=stop, resources=Model(pytest.fail))
        )


def test_the_votes_rest_on_the_endpoint_and_a_trial_is_small() -> None:
    kind = kinds.get("prompt")
    assert kind().inputs(kind.Options.model_validate({"endpoint": "tiny"})) == ("endpoint:tiny",)
    assert kind.trial_docs == 20
