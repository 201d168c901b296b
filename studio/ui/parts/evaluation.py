"""Drawn by the page Evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.core.documents import Split
from studio.core.projects import Project
from studio.services import selections
from studio.services.evaluation import Evaluation, Judged
from studio.services.slice_scores import SliceScore
from studio.ui import tables
from studio.ui.text import _

LEAD = "Runs and label models on the same gold documents. A cell leads to its documents."
MOST_SHOWN = 200
"""Documents of one cell that are listed here; the page Documents lists all of them."""


def draw_choice(sources: Sequence[Judged]) -> tuple[list[str], Split]:
    """Draw which sources to compare on which split; return their keys and the split."""
    titles = {source.key: f"{source.title} ({source.detail})" for source in sources}
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        keys = st.multiselect(
            _("Compare"),
            list(titles),
            default=list(titles)[:6],
            format_func=lambda key: titles.get(key, key),
            key="evaluation.sources",
        )
    with right:
        split = st.selectbox(
            _("On the split"),
            [Split.TEST, Split.DEV, Split.TRAIN],
            format_func=lambda s: s.value,
            key="evaluation.split",
        )
    return keys, split


def show_scores(found: Sequence[Evaluation]) -> None:
    """Draw the figures of all sources on the same documents."""
    rows = [
        {
            "source": one.source.title,
            "kind": one.source.detail,
            "accuracy": one.scores.accuracy,
            "macro-F1": one.scores.macro_f1,
            "coverage": one.scores.coverage,
            "documents": one.scores.n,
        }
        for one in found
    ]
    columns = {
        "source": tables.text(_("source")),
        "kind": tables.text(_("kind")),
        "accuracy": tables.number(_("accuracy"), digits=3),
        "macro-F1": tables.number(_("macro-F1"), digits=3),
        "coverage": tables.share(_("coverage")),
        "documents": tables.number(_("documents")),
    }
    tables.draw_rows(rows, columns, key="evaluation.scores")
    st.caption(
        _(
            "All are judged on the same {n} gold documents. With so few, differences under about "
            "{error:.1%} may be luck."
        ).format(n=found[0].scores.n, error=_two_errors(found[0]))
    )


def show_slices(scores: Sequence[SliceScore]) -> None:
    """Draw the accuracy on each slice with its interval; nothing where there is no slice."""
    if not any(score.name for score in scores):
        return
    st.subheader(_("By slice"), anchor=False)
    rows = [
        {
            "slice": score.name or _("all documents"),
            "source": score.source.title,
            "documents": score.n,
            "accuracy": score.accuracy,
            "low": score.low if score.n else None,
            "high": score.high if score.n else None,
            "note": score.problem or ("" if score.n else _("no gold document in it")),
        }
        for score in scores
    ]
    columns = {
        "slice": tables.text(_("slice")),
        "source": tables.text(_("source")),
        "documents": tables.number(_("gold documents")),
        "accuracy": tables.number(_("accuracy"), digits=3),
        "low": tables.number(_("from"), digits=3, help=_("95 % interval after Wilson")),
        "high": tables.number(_("to"), digits=3, help=_("95 % interval after Wilson")),
        "note": tables.text(_("note")),
    }
    tables.draw_rows(rows, columns, key="evaluation.slices")
    st.caption(
        _(
            "The true accuracy lies between “from” and “to” in 95 of 100 cases. A slice whose "
            "“to” is below the accuracy on all documents is one that the source fails on."
        )
    )


def draw_confusion(found: Sequence[Evaluation], project: Project, split: Split) -> str | None:
    """Draw one source's confusion matrix; return the selection behind a clicked cell."""
    names = [one.source.title for one in found]
    place = st.selectbox(
        _("Confusion matrix of"),
        range(len(found)),
        format_func=lambda index: names[index],
        key="evaluation.shown",
    )
    one = found[place]
    cell = tables.draw_confusion(
        one.confusion, project.schema.names, key=f"evaluation.cells.{one.source.key}.{split}"
    )
    with st.expander(_("Figures of each label")):
        rows = [
            {
                "label": project.schema.names[index],
                "precision": figures.precision,
                "recall": figures.recall,
                "f1": figures.f1,
                "support": figures.support,
            }
            for index, figures in enumerate(one.per_label)
        ]
        columns = {
            "label": tables.text(_("label")),
            "precision": tables.number(_("precision"), digits=3),
            "recall": tables.number(_("recall"), digits=3),
            "f1": tables.number(_("F1"), digits=3),
            "support": tables.number(_("gold documents")),
        }
        tables.draw_rows(rows, columns, key="evaluation.labels")
    return None if cell is None else selections.of_cell(one.source.key, split, *cell)


def _two_errors(one: Evaluation) -> float:
    accuracy = one.scores.accuracy
    return 2 * float((max(accuracy * (1 - accuracy), 1e-9) / max(1, one.scores.n)) ** 0.5)
