"""Where somebody stands on the page: what is edited, looked at, tried. Kept in the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from studio.core.projects import Project
from studio.core.schema import ABSTAIN
from studio.services import suggestions
from studio.services.function_table import FunctionRow
from studio.storage.store import Store

SIDES: Final = ("trial", "documents", "history", "pins", "faults")
"""What the right column can show."""

_PREFIX: Final = "labeling.desk"


@dataclass
class Desk:
    """One person's place on the page, for one project.

    Attributes
    ----------
    editing
        The function in the editor; None for a new one.
    given
        What the editor of a new function starts with: ``kind``, ``name`` and ``options``.
    turn
        Grows with each new function, so that its widgets start afresh.
    revision
        Grows when the editor is to start afresh from what is saved.
    side
        What the right column shows, one of :data:`SIDES`.
    selection
        The documents behind a number, as :mod:`studio.services.selections` understands it.
    viewing
        The document in view; the table shows what each function says of it.
    tried
        What was tried last, so that the same is not tried twice on its own.
    deleted
        Functions deleted here, the last one at the end: the way back.
    module
        Code that was looked into and may be imported.
    unpinned, deleted_lexicon
        The pin, and the lexicon, that was taken away last: the way back.
    """

    editing: int | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    turn: int = 0
    revision: int = 0
    side: str = "trial"
    selection: str = ""
    viewing: int | None = None
    tried: str = ""
    deleted: list[int] = field(default_factory=list)
    unpinned: int | None = None
    deleted_lexicon: str | None = None
    module: str = ""

    @property
    def number(self) -> str:
        """Suffix of the keys of the editor's widgets."""
        if self.editing is not None:
            return f"{self.editing}.{self.revision}" if self.revision else str(self.editing)
        return f"new{self.turn}" if self.turn else "new"

    def edit(self, lf_id: int) -> None:
        """Take a function into the editor."""
        self.editing, self.tried, self.revision = lf_id, "", 0
        if self.side == "documents":
            self.side = "trial"

    def start_new(self, given: Mapping[str, Any] | None = None) -> None:
        """Empty the editor for a new function, or begin it with what is given."""
        self.editing, self.given, self.tried = None, given or {}, ""
        self.revision = 0
        self.turn += 1
        self.side = "trial"

    def show_documents(self, selection: str) -> None:
        """Show the documents behind a number."""
        self.side, self.selection = "documents", selection

    def edited(self, rows: Sequence[FunctionRow]) -> FunctionRow | None:
        """Return the function in the editor; None for a new one, or one that is gone."""
        return next((row for row in rows if row.function.lf_id == self.editing), None)


def desk_of(project: Project) -> Desk:
    """Return the place on the page in a project."""
    key = f"{_PREFIX}.{project.project_id}"
    if key not in st.session_state:
        st.session_state[key] = Desk()
    found: Desk = st.session_state[key]
    return found


@dataclass(frozen=True)
class Do:
    """Something that was asked for on the page; the page does it.

    ``verb`` names it, ``lf_id`` the labeling function that it is about, ``values`` what else.
    """

    verb: str
    lf_id: int = -1
    values: Mapping[str, Any] = field(default_factory=dict)


def begin(store: Store, project: Project, words: str, label: int | None) -> None:
    """Begin a keyword function with words that somebody selected in a text.

    ``label`` is the label that is known or suggested for the text; the first one where none is.

    Raises
    ------
    Invalid
        If nothing, or too much, is selected.
    """
    wanted = label if label is not None and label != ABSTAIN else 0
    idea = suggestions.from_selection(store, project.project_id, words, wanted)
    desk_of(project).start_new(
        {"kind": idea.kind, "name": idea.name, "options": dict(idea.options)}
    )
