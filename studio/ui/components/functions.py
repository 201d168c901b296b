"""The table of labeling functions: switches, figures that lead to documents, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from studio.core.schema import LabelSchema
from studio.labeling.base import kinds
from studio.ui import session
from studio.ui.components import acts
from studio.ui.components.doclist import label_chip
from studio.ui.text import _, ago

if TYPE_CHECKING:
    from studio.services.function_table import FunctionRow

SHOWN_LABELS: Final = 3

_table = st.components.v2.component(
    "weft_functions",
    html='<div class="functions"></div>',
    css=acts.sheet("functions.css"),
    js=acts.script("functions.js"),
)


@dataclass(frozen=True)
class Wish:
    """What was pressed in the table.

    ``verb`` is "edit", "delete", "toggle" (to ``value``), "faults", or "documents": those behind
    a number, ``which`` is "" for all votes, "wrong", "overlaps" or "conflicts".
    """

    verb: str
    lf_id: int
    value: bool = False
    which: str = ""


def draw_functions(
    rows: Sequence[FunctionRow],
    schema: LabelSchema,
    *,
    key: str,
    editing: int | None = None,
    n_docs: int,
    votes: Mapping[int, tuple[int, str]] | None = None,
) -> list[Wish]:
    """Draw the table; return what was pressed since, the oldest first.

    Parameters
    ----------
    n_docs
        Of the project.
    editing
        The function that the editor holds.
    votes
        Vote and mark ("right", "wrong", "voted", "abstains", "fault") of each function on the
        document in view; None without one.
    """
    result = _table(
        key=key,
        data={
            "rows": [_row(row, schema, votes or {}, n_docs) for row in rows],
            "editing": editing,
            "viewing": votes is not None,
            "words": _words(),
            "seen": acts.seen(key),
        },
        on_acts_change=_nothing,
    )
    known = {row.function.lf_id for row in rows}
    return [
        Wish(
            str(act.get("verb")), act["id"], act.get("value") is True, str(act.get("which") or "")
        )
        for act in acts.take(key, result.acts)
        if act.get("id") in known
    ]


def _row(
    row: FunctionRow,
    schema: LabelSchema,
    votes: Mapping[int, tuple[int, str]],
    n_docs: int,
) -> dict[str, Any]:
    found, function = row.summary, row.function
    number = function.lf_id or 0
    low, high = found.interval or (0.0, 1.0)
    dark = session.is_dark()
    here = votes.get(number)
    return {
        "id": number,
        "name": function.name,
        "kind_title": kinds.get(function.kind).title,
        "on": function.enabled,
        "labels": [label_chip(schema, n, dark=dark) for n in found.polarity[:SHOWN_LABELS]],
        "more_labels": max(0, len(found.polarity) - SHOWN_LABELS),
        "coverage": found.coverage,
        "n_votes": round(found.coverage * n_docs),
        "overlaps": found.overlaps,
        "conflicts": found.conflicts,
        "precision": found.accuracy,
        "low": low,
        "high": high,
        "right": found.right,
        "n_gold": found.n_gold,
        "faults": found.faults,
        "failed": any(fault.doc_id is None for fault in row.faults),
        "run": _run_words(row),
        "stale": row.stale,
        "pins": row.n_pins,
        "pins_broken": row.n_pins_broken,
        "copies": [_("≈ {name}").format(name=name) for name in row.near_copies],
        "here": None if here is None else {"vote": here[0], "mark": here[1]},
    }


def _run_words(row: FunctionRow) -> str:
    if row.last_run is None:
        return _("not applied")
    return _("outdated") if row.stale else ago(row.last_run)


def _words() -> dict[str, str]:
    return {
        "on": _("on"),
        "name": _("function"),
        "name_help": _("Name, kind, labels it votes for. Press a name to edit the function."),
        "coverage": _("coverage"),
        "coverage_help": _("Share of all documents on which it votes, and their number."),
        "precision": _("precision"),
        "precision_help": _("Share of its votes on gold documents that are right."),
        "interval_help": _("Right of all votes on gold, and the 95 % interval (Wilson)."),
        "overlaps": _("overlaps"),
        "overlaps_help": _("Share of all documents on which another function votes, too."),
        "conflicts": _("conflicts"),
        "conflicts_help": _("Share of all documents on which another function disagrees."),
        "faults": _("faults"),
        "faults_help": _("Documents on which it failed; it abstains there."),
        "run_help": _("When it voted last."),
        "here": _("here"),
        "here_help": _("What it says of the document in view."),
        "here_right": _("votes, and is right"),
        "here_wrong": _("votes, and is wrong"),
        "here_voted": _("votes; no gold label is known"),
        "here_abstains": _("abstains"),
        "here_fault": _("failed"),
        "here_not applied": _("not applied yet"),
        "more": _("More"),
        "edit": _("Edit"),
        "delete": _("Delete"),
        "documents": _("Show the documents"),
        "takes_part": _("{name} takes part"),
        "find": _("Find a function by name, kind or label"),
        "none": _("No labeling function has these words."),
        "no_gold": _("no gold"),
        "failed": _("failed"),
        "stale_help": _("Some documents have no vote of this version yet. Apply the functions."),
        "pins_kept": _("✓ pins {all}"),
        "pins_broken": _("✗ pins {n} of {all}"),
    }


def _nothing() -> None:
    """Streamlit wants a callback for each state that it is to return."""
