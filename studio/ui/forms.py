"""From options to widgets: the only code that draws a pydantic model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from studio.core.options import Options, describe_problems
from studio.core.schema import LabelSchema
from studio.ui.form_widgets import Field, draw
from studio.ui.text import _

COLUMNS: Final = 2
"""Short widgets of one row; long ones (code, lists) take the whole width."""

_LONG: Final = ("typed", "lines", "code", "text", "label_texts", "labels")


@dataclass(frozen=True)
class Filled:
    """What a form holds: raw values by option name, and what is wrong with them.

    ``problem`` is a sentence for the user, None when the options' model accepts the values.
    """

    values: dict[str, Any]
    problem: str | None


def draw_options(
    model: type[Options],
    *,
    key: str,
    schema: LabelSchema | None = None,
    values: Mapping[str, Any] | None = None,
    choices: Mapping[str, Sequence[tuple[Any, str]]] | None = None,
) -> Filled:
    """Draw a widget for each option of a model and return what they hold.

    Parameters
    ----------
    model
        The options, with titles, help and bounds as :func:`studio.core.options.option` keeps
        them.
    key
        Prefix of the widgets' keys, ``"page.form"``.
    schema
        The project's labels, where an option is a label.
    values
        What to start with, by option name; the model's defaults otherwise.
    choices
        What the project offers where an option asks for it by its hint (``"lexicon"``, ``"run"``,
        ``"endpoint"``, ``"column"``): values with their titles.
    """
    fields = [
        replace(
            describe_field(name, info, key=key, schema=schema, values=values or {}),
            offered=tuple((choices or {}).get(_hint(info) or "", ())),
        )
        for name, info in model.model_fields.items()
    ]
    filled = _draw_in_columns([f for f in fields if not f.advanced and not _is_long(f)])
    _draw_long([f for f in fields if not f.advanced and _is_long(f)], filled)
    hidden = [field for field in fields if field.advanced]
    if hidden:
        with st.expander(_("More options"), key=f"{key}.more"):
            filled |= _draw_in_columns([f for f in hidden if not _is_long(f)])
            _draw_long([f for f in hidden if _is_long(f)], filled)
    return Filled(filled, problem_with(model, filled))


def problem_with(model: type[Options], values: Mapping[str, Any]) -> str | None:
    """Return what is wrong with values, in sentences; None if they will do."""
    try:
        model.model_validate(dict(values))
    except ValidationError as error:
        return describe_problems(error, sorted(model.model_fields))
    return None


def describe_field(
    name: str,
    info: FieldInfo,
    *,
    key: str,
    schema: LabelSchema | None,
    values: Mapping[str, Any],
) -> Field:
    """Return what the widget of one option needs to know."""
    kind, choices, optional = _kind_of(info.annotation)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    default = (
        None if info.default is PydanticUndefined else info.get_default(call_default_factory=True)
    )
    when = extra.get("when")
    return Field(
        name=name,
        key=f"{key}.{name}",
        title=info.title or name.replace("_", " ").capitalize(),
        help=info.description,
        kind=kind,
        choices=choices,
        optional=optional,
        minimum=_bound(info, "ge"),
        maximum=_bound(info, "le"),
        widget=_hint(info),
        advanced=bool(extra.get("advanced")),
        current=values.get(name, default),
        schema=schema,
        when={
            name: wanted
            for name, wanted in (when.items() if isinstance(when, dict) else ())
            if isinstance(wanted, list)
        },
    )


def _draw_in_columns(fields: list[Field]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    waiting = list(fields)
    while waiting:
        # What an option depends on stands in a row above it, so that it is known by now.
        row, waiting = _next_row(waiting, filled)
        places = st.columns(COLUMNS, vertical_alignment="bottom") if row else ()
        for place, field in zip(places, row, strict=False):
            with place:
                filled[field.name] = draw(field)
    return filled


def _next_row(waiting: list[Field], filled: Mapping[str, Any]) -> tuple[list[Field], list[Field]]:
    row: list[Field] = []
    for position, field in enumerate(waiting):
        if len(row) == COLUMNS or any(other.name in field.when for other in row):
            return row, waiting[position:]
        if _is_wanted(field, filled):
            row.append(field)
    return row, []


def _draw_long(fields: list[Field], filled: dict[str, Any]) -> None:
    for field in fields:
        if _is_wanted(field, filled):
            filled[field.name] = draw(field)


def _is_wanted(field: Field, filled: Mapping[str, Any]) -> bool:
    return all(filled.get(name) in values for name, values in field.when.items())


def _hint(info: FieldInfo) -> str | None:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    hint = extra.get("widget")
    return str(hint) if hint else None


def _kind_of(annotation: Any) -> tuple[type[Any], tuple[Any, ...], bool]:
    """Return plain type, choices, and whether None is allowed, of an annotation."""
    optional = False
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType]
        optional = len(parts) < len(get_args(annotation))
        annotation = parts[0]
        origin = get_origin(annotation)
    if origin is Literal:
        return str, get_args(annotation), optional
    kind = origin or annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str, tuple(member.value for member in kind), optional
    return (kind if isinstance(kind, type) else str), (), optional


def _bound(info: FieldInfo, name: str) -> float | None:
    for constraint in info.metadata:
        value = getattr(constraint, name, None)
        if value is not None:
            return float(value)
    return None


def _is_long(field: Field) -> bool:
    return field.widget in _LONG or field.kind in (list, tuple)
