"""Properties of documents, compared with values, as plain Python."""

from __future__ import annotations

from collections.abc import Callable

from studio.labeling.constants import literal
from studio.labeling.measures import EMOJI, LINKS, WORDS
from studio.labeling.translating import flags_in_words, to_python

_COUNTED = {
    "words": WORDS,
    "links": LINKS,
    "emoji": EMOJI,
    "exclamation marks": "[!！]",
    "question marks": "[?？]",
}
_OTHERS = {
    "characters": "len(x.text)",
    "capitals in %": '_percent(x.text, "Lu", "L")',
    "digits in %": '_percent(x.text, "Nd")',
    "punctuation in %": '_percent(x.text, "P")',
    "repeated character": "_longest_run(x.text)",
}
_NUMERIC = {
    "at least": "{0} <= value",
    "at most": "value <= {0}",
    "more than": "value > {0}",
    "less than": "value < {0}",
    "between": "{0} <= value <= {1}",
    "is": "value == {0}",
    "is not": "value != {0}",
}


def measure_in_python(measure: str) -> str | None:
    """Return an expression of a document ``x`` that measures it; None if there is none."""
    pattern = _COUNTED.get(measure)
    if pattern is None:
        return _OTHERS.get(measure)
    found = to_python(pattern, True)
    if found is None:
        return None
    return f"_count({literal(found[0])}, x.text, {flags_in_words(found[1])})"


def comparison_in_python(comparison: str, value: str, upper: str) -> str | None:
    """Return a condition on ``value``, a number; None if this does not compare numbers."""
    form = _NUMERIC.get(comparison)
    return form.format(*(_number(text) for text in (value, upper) if text)) if form else None


def column_in_python(column: str, comparison: str, value: str, upper: str) -> list[str]:
    """Return lines that say in ``holds`` how a cell of a column compares."""
    name = literal(column)
    if comparison not in _CELLS:
        compare = comparison_in_python(comparison, value, upper)
        return [f"value = _number(x, {name})", f"holds = value is not None and {compare}"]
    return [f"cell = _cell(x, {name})", *_CELLS[comparison](name, value)]


def _same(name: str, value: str) -> str:
    return f"_is_same(x, {name}, {literal(value)})"


_CELLS: dict[str, Callable[[str, str], list[str]]] = {
    "is": lambda name, value: [f"holds = {_same(name, value)}"],
    "is not": lambda name, value: [f"holds = cell is not None and not {_same(name, value)}"],
    "contains": lambda name, value: [
        f"holds = cell is not None and _fold({literal(value.strip())}) in cell"
    ],
    "does not contain": lambda name, value: [
        f"holds = cell is not None and _fold({literal(value.strip())}) not in cell"
    ],
    "is empty": lambda name, value: ["holds = cell is None"],
    "is not empty": lambda name, value: ["holds = cell is not None"],
}


def _number(text: str) -> str:
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
