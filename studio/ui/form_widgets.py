"""One widget for each type or hint of an option; :mod:`studio.ui.forms` puts them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from studio.core.schema import LabelSchema
from studio.ui.text import _, short

BACKBONES: Final = (
    "bundled",
    "bert-base-uncased",
    "roberta-base",
    "distilbert-base-uncased",
    "gpt2",
    "bert-base-chinese",
)
"""Offered first where a backbone is asked for; any other name or folder may be typed."""


@dataclass(frozen=True)
class Field:
    """One option as its widget needs it.

    ``current`` is what the widget starts with; ``offered`` are values of the project with their
    titles, where a hint asks for some (a lexicon, a run). ``when`` says of which other options'
    values the widget depends; empty: it is always there.
    """

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
    offered: Sequence[tuple[Any, str]] = ()
    when: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def draw(field: Field) -> Any:
    """Draw the widget of an option and return what it holds."""
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


def _draw_typed(field: Field) -> str:
    return st.text_input(
        field.title, field.current or "", key=field.key, help=field.help, live=True
    )


def _draw_offered(field: Field) -> Any:
    titles = dict(field.offered)
    if field.current not in (None, "") and field.current not in titles:
        titles[field.current] = str(field.current)  # gone by now, but still what was chosen
    options = list(titles)
    return st.selectbox(
        field.title,
        options,
        index=options.index(field.current) if field.current in titles else 0,
        format_func=lambda value: short(titles[value], 60),
        key=field.key,
        help=field.help,
        placeholder=_("none yet"),
        disabled=not options,
    )


def _draw_share(field: Field) -> float:
    start = 0.5 if field.current is None else float(field.current)
    low, high = field.minimum or 0.0, 1.0 if field.maximum is None else field.maximum
    return st.slider(
        field.title, float(low), float(high), start, 0.01, key=field.key, help=field.help
    )


def _draw_labels(field: Field) -> list[str]:
    names = list(field.schema.names) if field.schema else []
    given = [name for name in field.current or () if name in names]
    return st.multiselect(
        field.title, names, given, key=field.key, help=field.help, placeholder=_("all labels")
    )


def _draw_label_texts(field: Field) -> dict[str, str]:
    names = field.schema.names if field.schema else ()
    given = dict(field.current or {})
    start = {name: given.get(name, name.replace("_", " ")) for name in names}
    typed = st.text_area(
        field.title,
        "\n".join(f"{name}: {text}" for name, text in start.items()),
        key=field.key,
        help=field.help,
        height=min(360, 40 + 24 * max(3, len(start))),
    )
    return read_label_texts(typed or "", names)


def read_label_texts(typed: str, names: Sequence[str]) -> dict[str, str]:
    """Return descriptions by label from lines ``label: description``.

    A label may hold a colon itself; a line that begins with no label keeps what stands before
    its first colon, so that the refusal can name it.
    """
    found = {}
    for line in filter(str.strip, typed.splitlines()):
        starts = [name for name in names if line.strip().startswith(f"{name}:")]
        name = max(starts, key=len) if starts else line.split(":", 1)[0].strip()
        found[name] = line.strip()[len(name) :].removeprefix(":").strip()
    return {name: text for name, text in found.items() if text}


_BY_HINT: Final[dict[str | None, Callable[[Field], Any]]] = {
    "label": _draw_label,
    "lines": _draw_lines,
    "text": _draw_text,
    "code": _draw_text,
    "backbone": _draw_backbone,
    "typed": _draw_typed,
    "lexicon": _draw_offered,
    "run": _draw_offered,
    "endpoint": _draw_offered,
    "column": _draw_offered,
    "share": _draw_share,
    "labels": _draw_labels,
    "label_texts": _draw_label_texts,
}

_BY_KIND: Final[dict[type[Any], Callable[[Field], Any]]] = {
    bool: _draw_flag,
    int: _draw_integer,
    float: _draw_float,
    list: _draw_lines,
    tuple: _draw_lines,
}


def _step(current: Any) -> float:
    # A tenth of the value itself: 5e-5 moves by 5e-6, 0.1 by 0.01.
    return abs(float(current)) / 10 if current else 0.1


def _choice_words(choice: Any) -> str:
    return _("automatic") if choice is None else str(choice).replace("_", " ")
