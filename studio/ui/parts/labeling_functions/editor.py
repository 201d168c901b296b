"""The middle column: write a labeling function, try it, save it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st
from code_editor import code_editor

from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.projects import Project
from studio.core.schema import ABSTAIN, LabelSchema
from studio.core.slices import Slice
from studio.labeling.base import constant_names, kinds
from studio.services.function_table import FunctionRow
from studio.services.labeling import kind_names, kind_options
from studio.ui import forms, session
from studio.ui.components.names import Name, draw_names
from studio.ui.palette import label_color
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.text import _

EXAMPLE: Final = """\
from snorkel.labeling import labeling_function


@labeling_function()
def {name}(x):
    return {label} if "{word}" in x.text.lower() else ABSTAIN
"""

TRIED_ON_THEIR_OWN: Final = ("keyword", "regex", "lexicon", "heuristic")
"""Kinds that are tried at each change, because they cost nothing."""

ORDER: Final = (
    "keyword",
    "regex",
    "lexicon",
    "heuristic",
    "similar",
    "zero-shot",
    "classifier",
    "prompt",
    "python",
)
_SHOWN_NAMES: Final = 100


@dataclass(frozen=True)
class Draft:
    """What the editor holds: a kind, a name (of no use for Python) and the kind's options.

    ``lf_id`` is the function that a save makes a new version of; None for a new function.
    ``problem`` says what is wrong with the options; None when they will do.
    """

    lf_id: int | None
    kind: str
    name: str
    options: dict[str, Any]
    problem: str | None

    @property
    def fingerprint(self) -> str:
        """Changes with what a trial would come to."""
        return fingerprint(self.kind, self.options)


@dataclass(frozen=True)
class Surroundings:
    """What an author can name: metadata columns, and choices for options by widget hint."""

    columns: Sequence[str] = ()
    choices: Mapping[str, Sequence[tuple[Any, str]]] = field(default_factory=dict)


def draw_editor(
    project: Project, desk: Desk, rows: Sequence[FunctionRow], around: Surroundings
) -> Draft:
    """Draw the editor and return what it holds."""
    _draw_chooser(desk, rows)
    row = desk.edited(rows)
    kind = _draw_kind(desk, row)
    given = _given(desk, row, kind)
    if kind == "python":
        values = {"code": _draw_code(project.schema, given.get("code"), desk, around)}
        return Draft(_number(row), kind, "", values, None)
    name = st.text_input(
        _("Name"),
        value=row.function.name if row else str(desk.given.get("name", "")),
        key=f"labeling.name.{desk.number}",
        placeholder="mentions_refund",
    )
    filled = forms.draw_options(
        kind_options(kind),
        key=f"labeling.{kind}.{desk.number}",
        schema=project.schema,
        values=given,
        choices=around.choices,
    )
    return Draft(_number(row), kind, name, filled.values, filled.problem)


def draw_actions(desk: Desk, draft: Draft, slices: Sequence[Slice]) -> list[Do]:
    """Draw the buttons under the editor; return what was asked for."""
    number = desk.number
    names = {one.slice_id: one.name for one in slices}
    wishes = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(
            _("Try"),
            key=f"labeling.try.{number}",
            icon=":material/play_arrow:",
            help=_("Runs it on a random part of the documents; nothing is saved."),
            shortcut="Ctrl+Enter",
        ):
            wishes.append(Do("try"))
        if st.button(
            _("Save"),
            key=f"labeling.save.{number}",
            type="primary",
            help=_("Keeps it as a new version and lets it vote on all documents."),
            shortcut="Ctrl+S",
        ):
            wishes.append(Do("save"))
        if draft.lf_id is not None and st.button(
            _("Discard changes"), key=f"labeling.discard.{number}", type="tertiary"
        ):
            wishes.append(Do("discard"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if slices:
            st.selectbox(
                _("Try on"),
                [None, *names],
                format_func=lambda n: _("all documents") if n is None else names[n],
                key="labeling.slice",
            )
        live = draft.kind in TRIED_ON_THEIR_OWN and st.toggle(
            _("Try at each change"), value=True, key="labeling.live"
        )
    if live and not wishes and draft.problem is None and draft.fingerprint != desk.tried:
        wishes.append(Do("try"))
    return wishes


def chosen_slice() -> int | None:
    """Return the slice that trials are run on; None for all documents."""
    found: int | None = st.session_state.get("labeling.slice")
    return found


def checked(draft: Draft) -> dict[str, Any]:
    """Return the options of a draft.

    Raises
    ------
    Invalid
        If the form says that they will not do.
    """
    if draft.problem:
        raise Invalid(draft.problem)
    return draft.options


def _draw_chooser(desk: Desk, rows: Sequence[FunctionRow]) -> None:
    names = {row.function.lf_id: row.function.name for row in rows if row.function.kind != "votes"}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    options = [None, *names]
    with left:
        chosen = st.selectbox(
            _("Edit"),
            options,
            index=options.index(desk.editing) if desk.editing in options else 0,
            format_func=lambda n: _("a new function") if n is None else names[n],
            # The key carries what is edited, so that a press in the table is not overruled.
            key=f"labeling.chosen.{desk.number}",
        )
    with right:
        fresh = st.button(_("New"), key="labeling.fresh", icon=":material/add:", width="stretch")
    if fresh:
        desk.start_new()
        st.rerun()
    if chosen is not None and chosen != desk.editing:
        desk.edit(chosen)
        st.rerun()
    if chosen is None and desk.editing is not None:
        desk.start_new()
        st.rerun()


def _draw_kind(desk: Desk, row: FunctionRow | None) -> str:
    names = sorted(kind_names(), key=_place)
    start = row.function.kind if row else str(desk.given.get("kind", names[0]))
    kind = st.pills(
        _("Kind"),
        names,
        default=start if start in names else names[0],
        format_func=lambda name: kinds.get(name).title,
        key=f"labeling.kind.{desk.number}",
        required=True,
        wrap=True,
    )
    chosen = kind or names[0]
    st.caption(kinds.get(chosen).summary)
    return chosen


def _place(kind: str) -> tuple[int, str]:
    """Return where a kind stands: the simplest first, kinds that are not known here last."""
    return (ORDER.index(kind) if kind in ORDER else len(ORDER), kind)


def _given(desk: Desk, row: FunctionRow | None, kind: str) -> dict[str, Any]:
    if row is not None:
        return dict(row.function.options) if row.function.kind == kind else {}
    if desk.given.get("kind") == kind:
        return dict(desk.given.get("options", {}))
    return {}


def _number(row: FunctionRow | None) -> int | None:
    return row.function.lf_id if row else None


def _draw_code(schema: LabelSchema, code: str | None, desk: Desk, around: Surroundings) -> str:
    constants = _constants(schema)
    first = constants.get(0, "0")
    start = code or EXAMPLE.format(name="my_function", label=first, word="word")
    lexicons = [str(name) for name, _title in around.choices.get("lexicon", ())]
    draw_names(_groups(schema, constants, around.columns, lexicons), key="labeling.names")
    answer = code_editor(
        start,
        lang="python",
        height=[16, 30],
        response_mode=["debounce", "blur"],
        completions=_completions(list(constants.values()), around.columns, lexicons),
        options={"wrap": True, "showLineNumbers": True, "fontSize": 13},
        key=f"labeling.code.{desk.number}",
    )
    text = answer.get("text") if isinstance(answer, dict) else ""
    return text or start


def _constants(schema: LabelSchema) -> dict[int, str]:
    """Return the constant of each label, by index; a label without one is known by its number."""
    names = constant_names(schema.names)
    return {index: name for name, index in reversed(names.items()) if index != ABSTAIN}


def _groups(
    schema: LabelSchema,
    constants: Mapping[int, str],
    columns: Sequence[str],
    lexicons: Sequence[str],
) -> list[tuple[str, list[Name]]]:
    dark = session.is_dark()
    labels = []
    for index, name in sorted(constants.items())[:_SHOWN_NAMES]:
        color = label_color(index, dark)
        labels.append(Name(name, schema.name_of(index), soft=color.soft, ink=color.ink))
    found = [Name("x.text", _("The text of the document."))]
    found += [Name(f"x.{c}", _("A column of the documents.")) for c in columns if c.isidentifier()]
    lists = [Name(f"from lexicons import {name}", _("A lexicon.")) for name in lexicons]
    return [
        (_("Labels"), [*labels, Name("ABSTAIN", _("No opinion."))]),
        (_("Document"), found),
        (_("Lexicons"), lists),
    ]


def _completions(
    constants: Sequence[str], columns: Sequence[str], lexicons: Sequence[str]
) -> list[dict[str, Any]]:
    known = [(name, "label") for name in (*constants, "ABSTAIN")]
    known += [(f"x.{name}", "document") for name in ("text", *columns) if name.isidentifier()]
    known += [(f"from lexicons import {name}", "lexicon") for name in lexicons]
    return [
        {"caption": name, "value": name, "meta": meta, "name": name, "score": 500}
        for name, meta in known
    ]
