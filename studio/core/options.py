"""Options that a form, a recipe and the command line can all be made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.errors import Invalid

T = TypeVar("T", bound="Options")


class Options(BaseModel):
    """Base of every family member's options: immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoOptions(Options):
    """Nothing to choose."""


def option(
    default: Any = ...,
    *,
    title: str,
    help: str,  # noqa: A002 - the word that every form library uses
    minimum: float | None = None,
    maximum: float | None = None,
    min_length: int | None = None,
    advanced: bool = False,
    widget: str | None = None,
    when: Mapping[str, Sequence[Any]] | None = None,
) -> Any:
    """Declare one option with all that a form needs to draw it.

    Parameters
    ----------
    default
        The value when none is given; ``...`` if one must be given.
    title
        The label of the widget, a noun in plain words.
    help
        One or two sentences: what it does, in which unit, what more or less of it brings.
    minimum, maximum
        Inclusive bounds of a number.
    min_length
        Smallest number of items or characters.
    advanced
        Whether the form folds it away.
    widget
        A hint where the type does not say enough: ``"label"`` (pick of the project's labels),
        ``"lines"`` (a list, one item a line), ``"code"``, ``"text"`` (several lines),
        ``"backbone"``, ``"typed"`` (a line that counts while it is typed), ``"share"`` (a slider
        from 0 to 1), ``"labels"`` (several labels), ``"label_texts"`` (a text a label), or what
        the project offers: ``"lexicon"``, ``"run"``, ``"endpoint"``, ``"column"``.
    when
        Values of other options, by name, for which this one counts; a form draws it only then.
        Those options are declared before this one.
    """
    extra: dict[str, Any] = {"advanced": advanced}
    if widget is not None:
        extra["widget"] = widget
    if when is not None:
        extra["when"] = {name: list(values) for name, values in when.items()}
    return Field(
        default,
        title=title,
        description=help,
        ge=minimum,
        le=maximum,
        min_length=min_length,
        json_schema_extra=extra,
    )


def parse_options(model: type[T], values: dict[str, Any], *, what: str) -> T:
    """Validate raw values from a form, a recipe or the command line.

    Raises
    ------
    Invalid
        With one sentence a problem: the option, its value, and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(f"{what}: {describe_problems(error, sorted(model.model_fields))}") from error


def describe_problems(error: ValidationError, allowed: Sequence[str] = ()) -> str:
    """Return pydantic's findings as sentences for the user."""
    return " ".join(_sentence(problem, allowed) for problem in error.errors())


def _sentence(problem: Any, allowed: Sequence[str]) -> str:
    name = ".".join(str(part) for part in problem["loc"]) or "value"
    if problem["type"] == "extra_forbidden":
        return f"{name!r} is not known here; allowed are {', '.join(allowed)}."
    if problem["type"] == "missing":
        return f"{name!r} is missing."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name!r} is {str(problem['input'])[:60]!r}: {message[:1].lower()}{message[1:]}."
