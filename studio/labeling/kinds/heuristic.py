"""One measured property of a document, compared with a value."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ConfigDict, ValidationInfo, field_validator

from studio.core.errors import Invalid
from studio.core.functions import Fault, Votes
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN
from studio.labeling.base import Asking, LFKind, ShardSource, kinds
from studio.labeling.cells import Cells, holds_number
from studio.labeling.constants import constant_of
from studio.labeling.measures import MEASURES
from studio.labeling.plain_measures import (
    column_in_python,
    comparison_in_python,
    measure_in_python,
)

LANGUAGE, COLUMN = "language", "column"
Property = Literal[
    "characters",
    "words",
    "capitals in %",
    "digits in %",
    "punctuation in %",
    "exclamation marks",
    "question marks",
    "links",
    "emoji",
    "repeated character",
    "language",
    "column",
]
Comparison = Literal[
    "at least",
    "at most",
    "more than",
    "less than",
    "between",
    "is",
    "is not",
    "contains",
    "does not contain",
    "is empty",
    "is not empty",
]
NUMERIC = ("at least", "at most", "more than", "less than", "between")
_FOR_NUMBERS = (*NUMERIC, "is", "is not")
_FOR_LANGUAGE = ("is", "is not")
_WITHOUT_VALUE = ("is empty", "is not empty")


class HeuristicOptions(Options):
    """Options of :class:`Heuristic`; read in their order they are a sentence."""

    model_config = ConfigDict(validate_default=True)

    label: str | int = option(
        title="Label", help="The label to vote for where the comparison holds.", widget="label"
    )
    measure: Property = option(
        "words",
        title="Where",
        help="What is measured. Words are pieces between spaces, and single signs of Chinese and "
        "Japanese; capitals count among the letters, digits and punctuation among all "
        "characters; a repeated character is the longest run of one; a column is one that was "
        "imported with the documents.",
    )
    column: str = option(
        "",
        title="Column",
        help="The column to look at, only where a column is compared.",
        widget="column",
        when={"measure": (COLUMN,)},
    )
    comparison: Comparison = option(
        "at least",
        title="Is",
        help="How it is compared. Texts compare without case. A cell that is empty, or no number "
        "where a number is asked for, is no vote.",
    )
    value: str = option(
        "",
        title="Value",
        help="A number; for the language its two letters, such as en or zh (several with commas); "
        "for a column a number or a text.",
        when={"comparison": [c for c in get_args(Comparison) if c not in _WITHOUT_VALUE]},
    )
    upper: str = option(
        "",
        title="And",
        help="The upper end, which still counts, only for between.",
        when={"comparison": ("between",)},
    )

    @field_validator("value", "upper", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        # A recipe says 5 or true, a form types it.
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, int | float) else value

    @field_validator("column")
    @classmethod
    def _check_column(cls, column: str, info: ValidationInfo) -> str:
        if info.data.get("measure") == COLUMN and not column.strip():
            raise ValueError("name the column to compare")
        return column if info.data.get("measure") == COLUMN else ""

    @field_validator("comparison")
    @classmethod
    def _check_comparison(cls, comparison: str, info: ValidationInfo) -> str:
        measure = info.data.get("measure", COLUMN)
        allowed = get_args(Comparison) if measure == COLUMN else _FOR_NUMBERS
        allowed = _FOR_LANGUAGE if measure == LANGUAGE else allowed
        if comparison not in allowed:
            raise ValueError(f"the {measure} can only be: {', '.join(allowed)}")
        return comparison

    @field_validator("value")
    @classmethod
    def _check_value(cls, value: str, info: ValidationInfo) -> str:
        comparison = info.data.get("comparison", "is")
        if comparison in _WITHOUT_VALUE:
            return ""
        value, measure = value.strip(), info.data.get("measure", COLUMN)
        if not value:
            raise ValueError("say what to compare with")
        if measure == LANGUAGE:
            return _check_languages(value)
        if measure != COLUMN or comparison in NUMERIC:
            _check_number(value)
        return value

    @field_validator("upper")
    @classmethod
    def _check_upper(cls, upper: str, info: ValidationInfo) -> str:
        if info.data.get("comparison") != "between":
            return ""
        _check_number(upper)
        lower = info.data.get("value")
        if lower is not None and float(upper) < float(lower):
            raise ValueError(f"it must not be less than the value, {lower}")
        return upper.strip()


@kinds.register("heuristic")
class Heuristic(LFKind):
    """Votes for a label where a property of the document compares as asked."""

    title = "Heuristic"
    summary = "Votes for a label by length, capitals, links, language or a column's value."
    Options = HeuristicOptions

    def vote(self, source: ShardSource, options: HeuristicOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`. A file without the column abstains, and a fault says so."""
        label = asking.schema.parse(options.label)
        votes = np.full(source.n_docs, ABSTAIN, np.int16)
        if options.measure == LANGUAGE:
            votes[_languages(source, options, asking)] = label
            return Votes(votes)
        name = options.column if options.measure == COLUMN else "text"
        first = 0
        try:
            for cells in source.column(name):
                holds = _compare(cells, options)
                votes[first : first + len(cells)][holds] = label
                first += len(cells)
                asking.progress(first / max(1, source.n_docs))
        except Invalid as problem:
            return Votes(votes, (Fault("", "MissingColumn", str(problem), None, 0, len(votes)),))
        return Votes(votes)

    def describe(self, options: HeuristicOptions) -> str:
        """See :meth:`LFKind.describe`."""
        what = f"column {options.column}" if options.measure == COLUMN else options.measure
        parts = [f"{what}: {options.comparison}", options.value]
        return " ".join([*filter(None, parts), *(["and", options.upper] if options.upper else [])])

    def as_python(self, options: HeuristicOptions, asking: Asking) -> str | None:
        """See :meth:`LFKind.as_python`; None for the language, which takes a model to tell."""
        if options.measure == COLUMN:
            lines = column_in_python(
                options.column, options.comparison, options.value, options.upper
            )
        else:
            measured = measure_in_python(options.measure)
            if measured is None:
                return None
            holds = comparison_in_python(options.comparison, options.value, options.upper)
            lines = [f"value = {measured}", f"holds = {holds}"]
        label = constant_of(asking.schema.names, asking.schema.parse(options.label))
        return "\n".join([*lines, f"return {label} if holds else ABSTAIN"])


def _compare(cells: pa.Array, options: HeuristicOptions) -> NDArray[np.bool_]:
    if options.measure == COLUMN:
        return _compare_cells(Cells(cells), options)
    there = cells.is_valid().to_numpy(zero_copy_only=False)
    numbers = MEASURES[options.measure](cells.fill_null(""))
    return _compare_numbers(numbers, options) & there


def _compare_cells(cells: Cells, options: HeuristicOptions) -> NDArray[np.bool_]:
    comparison = options.comparison
    if comparison in _WITHOUT_VALUE:
        return cells.empty if comparison == "is empty" else ~cells.empty
    if comparison in NUMERIC:
        return _compare_numbers(cells.numbers, options)
    if comparison in ("is", "is not"):
        same = cells.equal(options.value)
        return same if comparison == "is" else ~same & ~cells.empty
    holds = cells.contain(options.value)
    return holds if comparison == "contains" else ~holds & ~cells.empty


def _compare_numbers(numbers: NDArray[np.float64], options: HeuristicOptions) -> NDArray[np.bool_]:
    """Compare; what is no number (NaN) never holds."""
    value = float(options.value)
    there = ~np.isnan(numbers)
    match options.comparison:
        case "at least":
            return numbers >= value
        case "at most":
            return numbers <= value
        case "more than":
            return numbers > value
        case "less than":
            return numbers < value
        case "between":
            return (numbers >= value) & (numbers <= float(options.upper))
        case "is":
            return numbers == value
    return (numbers != value) & there


def _languages(
    source: ShardSource, options: HeuristicOptions, asking: Asking
) -> NDArray[np.bool_]:
    """Whether each document's language is one of those named; never where it is unclear."""
    found = np.asarray(asking.resources.languages(source, progress=asking.progress), dtype=str)
    wanted = [code.strip() for code in options.value.split(",")]
    same = np.isin(found, wanted)
    return same if options.comparison == "is" else ~same & (found != "")


def _check_number(value: str) -> None:
    if not holds_number(value):
        raise ValueError("it must be a number, such as 5 or 0.5")


def _check_languages(value: str) -> str:
    codes = [code.strip().lower() for code in value.split(",") if code.strip()]
    wrong = [code for code in codes if not (len(code) == 2 and code.isascii() and code.isalpha())]
    if wrong or not codes:
        raise ValueError("name languages by their two letters, such as en or zh")
    return ", ".join(codes)
