"""Drawn by the page Weak labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from studio.core.documents import Split
from studio.core.projects import Project
from studio.core.votes import WeakLabels
from studio.label_models.base import label_models
from studio.services.weak_labels import FitRow, model_names, model_options
from studio.storage.store import Store
from studio.ui import charts, forms, links, tables
from studio.ui.parts import panel
from studio.ui.text import _, plain

LEAD = "A label model weighs the votes of all functions; majority vote is always shown beside it."


@dataclass(frozen=True)
class FitChoice:
    """What the form for a fit holds."""

    name: str
    options: dict[str, Any]
    seed: int


def draw_fit() -> FitChoice | None:
    """Draw the choice of a label model; return it when the fit was asked for."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        name = st.selectbox(
            _("Label model"),
            model_names(),
            format_func=lambda n: label_models.get(n).title,
            key="weak.model",
            help=_("Majority vote is always fitted beside it."),
        )
    with right:
        seed = st.number_input(_("Seed"), 0, 2**31, 0, key="weak.seed")
    with st.expander(_("Options")):
        filled = forms.draw_options(model_options(name), key=f"weak.{name}")
    sent = st.button(_("Fit the label model"), key="weak.fit", type="primary")
    if sent and filled.problem:
        st.error(plain(filled.problem))
        return None
    return FitChoice(name, filled.values, int(seed)) if sent else None


def draw_fits(rows: Sequence[FitRow]) -> int | None:
    """Draw the fitted models side by side; return the id of the one that was chosen by a click."""
    chosen = None
    for column, row in zip(st.columns(max(2, len(rows))), rows, strict=False):
        with column, st.container(border=True, key=f"weak-fit-{row.fit.fit_id}"):
            st.markdown(f"**{label_models.get(row.fit.name).title}**")
            figures = st.columns(3)
            for place, split in zip(figures, (Split.DEV, Split.TEST), strict=False):
                found = row.scores.get(split)
                place.metric(
                    _("Accuracy on {split}").format(split=split.value),
                    f"{found.accuracy:.3f}" if found else _("no gold"),
                    help=_(
                        "Over {n} gold documents; macro-F1 {f1:.3f}. Ties are drawn by the seed."
                    ).format(n=found.n, f1=found.macro_f1)
                    if found
                    else None,
                )
            figures[2].metric(_("Coverage"), f"{row.coverage:.1%}")
            if row.stale:
                st.warning(
                    _("Labeling functions or documents changed since. Fit again."),
                    icon=":material/history:",
                )
            if row.chosen:
                st.badge(_("serves Review and Training"), icon=":material/check:", color="green")
            elif st.button(_("Use this one"), key=f"weak.use.{row.fit.fit_id}"):
                chosen = row.fit.fit_id
    return chosen


def verdict(rows: Sequence[FitRow]) -> str | None:
    """Return in words whether the label model is worth it over majority vote."""
    by_name = {row.fit.name: row for row in rows}
    others = [row for name, row in by_name.items() if name != "majority"]
    if "majority" not in by_name or not others:
        return None
    split = next((s for s in (Split.DEV, Split.TEST) if s in others[0].scores), None)
    if split is None:
        return _(
            "There is no gold on dev or test yet, so nobody can say which one is better. "
            "Review some documents of those splits."
        )
    ours, base = others[0].scores[split], by_name["majority"].scores[split]
    gain = ours.accuracy - base.accuracy
    # One standard error of an accuracy; below it, the difference may be luck.
    error = float(np.sqrt(max(ours.accuracy * (1 - ours.accuracy), 1e-9) / max(1, ours.n)))
    if gain > error:
        return _(
            "The label model is {gain:.1%} better than majority vote on {n} {split} documents."
        ).format(gain=gain, n=ours.n, split=split.value)
    if gain < -error:
        return _(
            "Majority vote is {gain:.1%} better on {n} {split} documents. Use it, and look "
            "for functions that copy each other."
        ).format(gain=-gain, n=ours.n, split=split.value)
    return _(
        "On {n} {split} documents the two differ by {gain:+.1%}, which may be luck. Majority "
        "vote is the simpler one."
    ).format(gain=gain, n=ours.n, split=split.value)


def show_labels(weak: WeakLabels, row: FitRow, project: Project) -> None:
    """Draw confidence, the balance of labels and what was learned of each function."""
    left, right = st.columns(2)
    best = weak.probs[weak.covered].max(axis=1) if weak.covered.any() else np.zeros(0)
    counts, edges = np.histogram(best * 100, bins=20, range=(0.0, 100.0))
    with left:
        figure = charts.histogram(
            edges.tolist(), counts.tolist(), title=_("probability of the weak label, %")
        )
        charts.draw(figure, key="weak.confidence", alt=_("How sure the label model is"))
    decided = weak.decide(row.fit.seed)[weak.covered]
    balance = np.bincount(decided, minlength=project.schema.cardinality)
    with right:
        counts_by_name = dict(zip(project.schema.names, balance.tolist(), strict=True))
        figure = charts.bars_by_label(counts_by_name, project.schema, title=_("weak labels"))
        charts.draw(figure, key="weak.balance", alt=_("Weak labels by name"))
    missing = int((~weak.covered).sum())
    links.show_selection(
        st,
        _("{n} documents without any vote").format(n=f"{missing:,}"),
        "uncovered",
        project,
        enabled=missing > 0,
    )
    if any(weight is not None for weight in row.fit.lf_weights.values()):
        st.markdown(_("**What the label model believes of each function**"))
        tables.draw_rows(
            [{"name": name, "weight": weight} for name, weight in row.fit.lf_weights.items()],
            {
                "name": tables.text(_("labeling function")),
                "weight": tables.bar(_("learned accuracy")),
            },
            key="weak.weights",
        )


def show_job(store: Store, project: Project) -> None:
    """Draw the fit under way."""
    panel.show(store, project, "weak", ("fit_label_model", "apply_functions"))


def keep_job(project: Project, job_id: int) -> None:
    """Remember the fit that was just started."""
    panel.keep(project, "weak", job_id)
