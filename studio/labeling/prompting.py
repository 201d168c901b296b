"""Prompts with documents filled in, and labels read out of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN, LabelSchema

TEXT = "text"
LABELS = "labels"
ABSTAINS = "abstain"
"""To the right of an answer that stands for no label."""

_FIELD = re.compile(r"\{([^{}\n]{1,200})\}")
_NAME = re.compile(r"[^\W\d]\w*\Z")
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_NO_WORD = re.compile(r"[\W_]+")
_SHOWN = 60


def asks_for_text(prompt: str) -> bool:
    """Whether the document's text has a place in a prompt."""
    return TEXT in _FIELD.findall(prompt)


def fields_of(prompt: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a prompt shows, ``text`` among them.

    Braces around anything that looks like no name (a piece of JSON, say) stay as they are.

    Raises
    ------
    Invalid
        If a name in braces is none of ``columns``.
    """
    found = dict.fromkeys(_FIELD.findall(prompt))
    unknown = [n for n in found if n not in columns and n != LABELS and _NAME.match(n)]
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in (*columns, LABELS))
        raise Invalid(
            f"The prompt shows {{{unknown[0]}}}, but the documents have no such column. "
            f"It may show {allowed}."
        )
    return tuple(name for name in found if name in columns)


def fill(
    prompt: str, rows: Sequence[Mapping[str, object]], answers: Sequence[str], *, max_chars: int
) -> list[str]:
    """Return the prompt of each row.

    Parameters
    ----------
    prompt
        With ``{text}``, other columns in braces, and ``{labels}`` for the answers allowed.
    rows
        The documents, by column; at least the columns of :func:`fields_of`.
    answers
        The answers allowed.
    max_chars
        How many characters of a text, or of another value, are shown.
    """
    listed = ", ".join(answers)

    def shown(row: Mapping[str, object]) -> str:
        def put(found: re.Match[str]) -> str:
            if found[1] in row:
                return _shown(row[found[1]], max_chars)
            return listed if found[1] == LABELS else found[0]

        # One pass: braces in a document's own text are nothing to fill in.
        return _FIELD.sub(put, prompt)

    return [shown(row) for row in rows]


def _shown(value: object, max_chars: int) -> str:
    return "" if value is None else str(value)[:max_chars]


@dataclass(frozen=True)
class AnswerMap:
    """Which answers stand for which labels.

    ``answers`` is in the order in which a prompt lists them; an index is ``ABSTAIN`` where the
    answer stands for no label.
    """

    answers: Mapping[str, int]

    @classmethod
    def parse(cls, lines: Sequence[str], schema: LabelSchema) -> AnswerMap:
        """Read lines ``answer = label``; without any, the labels' names are the answers.

        Raises
        ------
        Invalid
            If a line is none, names an unknown label, or gives an answer a second label.
        """
        if not lines:
            return cls({name: index for index, name in enumerate(schema.names)})
        answers: dict[str, int] = {}
        for line in lines:
            answer, equals, name = (part.strip() for part in line.partition("="))
            if not equals or not answer:
                raise Invalid(
                    f"The line {line[:_SHOWN]!r} says no answer. Write: answer = label, for "
                    f"example yes = {schema.names[0]}."
                )
            label = _label(name, schema)
            if answers.setdefault(answer, label) != label:
                raise Invalid(
                    f"The answer {answer[:_SHOWN]!r} stands for two labels. Keep one of its lines."
                )
        return cls(answers)

    def read(self, answer: str) -> int | None:
        """Return the label that an answer's first line stands for; None if that is none.

        Letter case, and whatever is neither letter nor digit, count only where two answers
        differ in nothing else.
        """
        said = _first_line(answer)
        for fold in (_same, _loose):
            found = {label for text, label in self.answers.items() if fold(text) == fold(said)}
            if len(found) == 1 and fold(said):
                return found.pop()
        return None


def _label(name: str, schema: LabelSchema) -> int:
    if name in schema.names:
        return schema.parse(name)
    if not name or name.casefold() == ABSTAINS:
        return ABSTAIN
    return schema.parse(name)


def _first_line(answer: str) -> str:
    lines = _THOUGHT.sub("", answer, count=1).splitlines()
    return next((line.strip() for line in lines if line.strip()), "")


def _same(text: str) -> str:
    return text.strip().casefold()


def _loose(text: str) -> str:
    return _NO_WORD.sub(" ", text).strip().casefold()
