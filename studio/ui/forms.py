"""From options to widgets: the only code that draws a pydantic model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from studio.core.options import Options, describe_problems
from studio.core.schema import LabelSchema
from studio.ui.text import _

BACKBONES: Final = (
    "bundled",
    "bert-base-uncased",
    "roberta-base",
    "distilbert-base-uncased",
    "gpt2",
    "bert-base-chinese",
)
"""Offered first where a backbone is asked for; any other name or folder may be typed."""

COLUMNS: Final = 2
"""Short widgets of one row; long ones (code, lists) take the whole width."""

_LONG: Final = ("lines", "code", "text")


@dataclass(frozen=True)
class Filled:
    """What a form holds: raw values by option name, and what is wrong with them.

    ``problem`` is a sentence for the user, None when the options' model accepts the values.
    """

    values: dict[str, Any]
    problem: str | None


@dataclass(frozen=True)
class Field:
    """One option as its widget needs it; ``current`` is what the widget starts with."""

    name: str
    key: str
    title: str
    help: str | None
    kind: type[Any]
    choices: tuple[Any, ...]
    optional: bool
    minimum: float | None
    maximum: float | None
    widget: str | None
    advanced: bool
    current: Any
    schema: LabelSchema | None


def draw_options(
    model: type[Options],
    *,
    key: str,
    schema: LabelSchema | None = None,
    values: Mapping[str, Any] | None = None,
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
    """
    fields = [
        describe_field(name, info, key=key, schema=schema, values=values or {})
        for name, info in model.model_fields.items()
    ]
    filled = _draw_in_columns([f for f in fields if not f.advanced and not _is_long(f)])
    filled |= {f.name: _draw(f) for f in fields if not f.advanced and _is_long(f)}
    hidden = [field for field in fields if field.advanced]
    if hidden:
        with st.expander(_("More options"), key=f"{key}.more"):
            filled |= _draw_in_columns([f for f in hidden if not _is_long(f)])
            filled |= {f.name: _draw(f) for f in hidden if _is_long(f)}
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
    hint = extra.get("widget")
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
        widget=str(hint) if hint else None,
        advanced=bool(extra.get("advanced")),
        current=values.get(name, default),
        schema=schema,
    )


def _draw_in_columns(fields: list[Field]) -> dict[str, Any]:
    filled = {}
    for start in range(0, len(fields), COLUMNS):
        places = st.columns(COLUMNS, vertical_alignment="bottom")
        for place, field in zip(places, fields[start : start + COLUMNS], strict=False):
            with place:
                filled[field.name] = _draw(field)
    return filled


def _draw(field: Field) -> Any:
    if field.widget in _BY_HINT:
        return _BY_HINT[field.widget](field)
    if field.choices:
        return _draw_choice(field)
    return _BY_KIND.get(field.kind, _draw_line)(field)


def _draw_choice(field: Field) -> Any:
    choices = [None, *field.choices] if field.optional else list(field.choices)
    start = choices.index(field.current) if field.current in choices else 0
    return st.selectbox(
        field.title,
        choices,
        index=start,
        format_func=_choice_words,
        key=field.key,
        help=field.help,
    )


def _draw_label(field: Field) -> Any:
    names = field.schema.names if field.schema else ()
    start = names.index(field.current) if field.current in names else None
    if start is None and isinstance(field.current, int) and 0 <= field.current < len(names):
        start = field.current
    return st.selectbox(
        field.title,
        list(names),
        index=start if start is not None or field.optional else 0,
        key=field.key,
        help=field.help,
    )


def _draw_lines(field: Field) -> list[str]:
    given = field.current or ()
    lines = [given] if isinstance(given, str) else [str(line) for line in given]
    typed = st.text_area(
        field.title,
        "\n".join(lines),
        key=field.key,
        help=field.help,
        height=110,
        placeholder=_("one a line"),
    )
    return [line.strip() for line in (typed or "").splitlines() if line.strip()]


def _draw_text(field: Field) -> str:
    return st.text_area(
        field.title, field.current or "", key=field.key, help=field.help, height=160
    )


def _draw_backbone(field: Field) -> str:
    offered = list(dict.fromkeys([*BACKBONES, *([field.current] if field.current else [])]))
    return st.selectbox(
        field.title,
        offered,
        index=offered.index(field.current) if field.current in offered else 0,
        key=field.key,
        help=field.help,
        accept_new_options=True,
    )


def _draw_flag(field: Field) -> bool:
    return st.checkbox(field.title, bool(field.current), key=field.key, help=field.help)


def _draw_integer(field: Field) -> int | None:
    return st.number_input(
        field.title,
        value=None if field.current is None else int(field.current),
        min_value=None if field.minimum is None else int(field.minimum),
        max_value=None if field.maximum is None else int(field.maximum),
        step=1,
        key=field.key,
        help=field.help,
        placeholder=_("automatic") if field.optional else None,
    )


def _draw_float(field: Field) -> float | None:
    return st.number_input(
        field.title,
        value=None if field.current is None else float(field.current),
        min_value=None if field.minimum is None else float(field.minimum),
        max_value=None if field.maximum is None else float(field.maximum),
        step=_step(field.current),
        format="%g",
        key=field.key,
        help=field.help,
    )


def _draw_line(field: Field) -> str | None:
    typed = st.text_input(
        field.title, field.current or "", key=field.key, help=field.help, placeholder=""
    )
    return None if field.optional and not typed else typed


_BY_HINT: Final[dict[str | None, Callable[[Field], Any]]] = {
    "label": _draw_label,
    "lines": _draw_lines,
    "text": _draw_text,
    "code": _draw_text,
    "backbone": _draw_backbone,
}
_BY_KIND: Final[dict[type[Any], Callable[[Field], Any]]] = {
    bool: _draw_flag,
    int: _draw_integer,
    float: _draw_float,
    list: _draw_lines,
    tuple: _draw_lines,
}


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


def _step(current: Any) -> float:
    # A tenth of the value itself: 5e-5 moves by 5e-6, 0.1 by 0.01.
    return abs(float(current)) / 10 if current else 0.1


def _is_long(field: Field) -> bool:
    return field.widget in _LONG or field.kind in (list, tuple)


def _choice_words(choice: Any) -> str:
    return _("automatic") if choice is None else str(choice).replace("_", " ")
