"""A language model that is asked for a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import field_validator

from studio.core.functions import Fault, Votes
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.base import Asking, LFKind, ShardSource, kinds
from studio.labeling.prompting import AnswerMap, asks_for_text, fields_of, fill
from studio.labeling.resources import Completion, Sampling

UNPARSEABLE = "UnparseableAnswer"
NO_ANSWER = "NoAnswer"
REFUSED = "EndpointRefused"
MAX_PROMPT = 20_000
MAX_TRIAL = 20

_DEFAULT = (
    "Which of these labels fits the text best: {labels}?\n"
    "Answer with the label alone.\n\nText: {text}"
)
_ROWS_AT_ONCE = 256
_SHOWN = 80


class PromptOptions(Options):
    """Options of :class:`Prompt`."""

    endpoint: str = option(
        title="Endpoint",
        help="The language model to ask. An administrator adds endpoints.",
        min_length=1,
        widget="endpoint",
    )
    prompt: str = option(
        _DEFAULT,
        title="Prompt",
        help="{text} is where the document goes; other columns can be shown as {column}, and "
        "{labels} lists the answers allowed.",
        widget="text",
    )
    answers: list[str] = option(
        [],
        title="Answers",
        help="What answer stands for which label, one a line: answer = label. Without a label "
        "the function abstains. Leave it empty if the answers are the labels' names.",
        widget="lines",
    )
    max_tokens: int = option(
        50,
        title="Tokens an answer may have",
        help="More of them cost more; only the first line of an answer counts.",
        minimum=1,
        maximum=4096,
        advanced=True,
    )
    max_chars: int = option(
        8000,
        title="Characters of a text that are sent",
        help="Longer texts are cut, so that one of them does not cost as much as a thousand.",
        minimum=100,
        maximum=200_000,
        advanced=True,
    )
    concurrency: int = option(
        4,
        title="Requests at once",
        help="More are faster, until the endpoint asks for patience.",
        minimum=1,
        maximum=32,
        advanced=True,
    )
    seed: int = option(
        0,
        title="Seed",
        help="Sent along, for endpoints that can repeat an answer. Temperature is always 0.",
        minimum=0,
        maximum=2**31 - 1,
        advanced=True,
    )

    @field_validator("prompt")
    @classmethod
    def _check_prompt(cls, prompt: str) -> str:
        if not asks_for_text(prompt):
            raise ValueError("write {text} where the document's text goes")
        if len(prompt) > MAX_PROMPT:
            raise ValueError(f"it has more than {MAX_PROMPT:,} characters")
        return prompt

    @field_validator("answers")
    @classmethod
    def _check_answers(cls, lines: list[str]) -> list[str]:
        return [line.strip() for line in lines if line.strip()]

    def prompts(self, rows: Sequence[Mapping[str, object]], schema: LabelSchema) -> list[str]:
        """Return the prompt of each document, given by column."""
        answers = AnswerMap.parse(self.answers, schema).answers
        return fill(self.prompt, rows, list(answers), max_chars=self.max_chars)

    def sampling(self) -> Sampling:
        """Return how the model is asked."""
        return Sampling(self.prompt, self.max_tokens, self.seed, self.concurrency)


@kinds.register("prompt")
class Prompt(LFKind):
    """Votes by what a language model answers.

    Where the model could not be asked, the document abstains with a fault, and the next
    application asks again; whatever was answered before is kept and costs nothing.
    """

    title = "Prompt"
    summary = "Votes by the answer of a language model behind an OpenAI-compatible endpoint."
    Options = PromptOptions
    trial_docs: ClassVar[int | None] = MAX_TRIAL
    serial: ClassVar[bool] = True

    def vote(self, source: ShardSource, options: PromptOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        answers = AnswerMap.parse(options.answers, asking.schema)
        votes = np.full(source.n_docs, ABSTAIN, np.int16)
        tally = _Tally()
        first = 0
        asking.progress(0.0)
        for rows in _rows(source, options.prompt):
            prompts = options.prompts(rows, asking.schema)
            share = _Share(asking, first / source.n_docs, len(prompts) / source.n_docs)
            said = asking.resources.complete(
                options.endpoint, prompts, sampling=options.sampling(), progress=share
            )
            for row, completion in enumerate(said, first):
                votes[row] = tally.vote(row, completion, answers)
            first += len(prompts)
            if tally.refused_at is not None:
                break
        return Votes(votes, tally.faults(source.n_docs - first))

    def is_final(self, votes: Votes) -> bool:
        """Whether every document was answered."""
        return not any(fault.exception in (NO_ANSWER, REFUSED) for fault in votes.faults)

    def inputs(self, options: PromptOptions) -> tuple[str, ...]:
        """Return the endpoint: another model may answer otherwise."""
        return (f"endpoint:{options.endpoint}",)

    def canonical(self, options: Any, schema: LabelSchema) -> dict[str, Any]:
        """See :meth:`LFKind.canonical`; also checks the answers' labels."""
        AnswerMap.parse(options.answers, schema)
        return super().canonical(options, schema)


class _Share:
    """The progress of one batch as progress of the whole file."""

    def __init__(self, asking: Asking, start: float, share: float) -> None:
        self._asking, self._start, self._share = asking, start, share

    def __call__(self, fraction: float, message: str = "") -> None:
        self._asking.progress(min(1.0, self._start + fraction * self._share), message)


class _Tally:
    """Counts what became no vote, by reason, with the first three documents of each."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[int]] = {}
        self._messages: dict[tuple[str, str], str] = {}
        self.refused_at: int | None = None

    def vote(self, row: int, completion: Completion, answers: AnswerMap) -> int:
        if completion.answer is not None:
            label = answers.read(completion.answer)
            if label is not None:
                return label
            said = completion.answer.strip()[:_SHOWN]
            self._add(UNPARSEABLE, "", f"{said!r} is none of the answers asked for.", row)
        else:
            problem = completion.problem or "The endpoint gave no answer."
            if completion.refused and self.refused_at is None:
                self.refused_at = row
            # What follows the colon is the endpoint's own words, which may differ each time.
            why = problem.partition(":")[0]
            self._add(REFUSED if completion.refused else NO_ANSWER, why, problem, row)
        return ABSTAIN

    def faults(self, n_not_asked: int) -> tuple[Fault, ...]:
        """Return one fault a reason; a refusal also counts the documents not asked about."""
        found = []
        for (name, why), rows in self._found.items():
            is_refusal = name == REFUSED and rows[0] == self.refused_at
            count = len(rows) + (n_not_asked if is_refusal else 0)
            message = self._messages[(name, why)]
            found.append(Fault("", name, message, None, rows[0], count, tuple(rows[:3])))
        return tuple(found)

    def _add(self, name: str, why: str, message: str, row: int) -> None:
        self._found.setdefault((name, why), []).append(row)
        self._messages.setdefault((name, why), message)


def _rows(source: ShardSource, prompt: str) -> Iterator[list[dict[str, Any]]]:
    """Iterate over what a prompt shows of the documents, some hundred rows at a time."""
    import pyarrow as pa

    with pa.memory_map(str(source.path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        columns = [name for name in reader.schema.names if name != "external_id"]
        shown = list(fields_of(prompt, columns))
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number).select(shown)
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                yield batch.slice(start, _ROWS_AT_ONCE).to_pylist()


def read_answers(
    options: PromptOptions, schema: LabelSchema, answers: Sequence[str | None]
) -> list[int | None]:
    """Return the labels that answers stand for: None for no answer, or one not understood."""
    known = AnswerMap.parse(options.answers, schema)
    return [None if answer is None else known.read(answer) for answer in answers]
