"""Drawn by the page Training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.runs import MetricPoint, Targets, TrainingRun
from studio.core.slices import Scope
from studio.services import training
from studio.services.training import Preview, method_names, method_options, method_title
from studio.storage.store import Store
from studio.ui import charts, forms, jobs, tables
from studio.ui.parts import slices
from studio.ui.text import _, plain

LEAD = "Fine-tune a transformer, or train the quick control, and watch the loss fall."
TARGET_WORDS = {
    Targets.GOLD_AND_WEAK: "gold where there is one, else weak",
    Targets.GOLD: "gold only",
    Targets.WEAK: "weak only",
}


_LOOKS = {
    "error": (st.warning, ":material/block:"),
    "warning": (st.info, ":material/warning:"),
    "ok": (st.success, ":material/check_circle:"),
}


@dataclass(frozen=True)
class RunChoice:
    """What the form for a run holds."""

    name: str
    method: str
    targets: Targets
    options: dict[str, Any]
    problem: str | None
    seed: int
    scope: Scope | None


def draw_choice(store: Store, project: Project, has_weak: bool) -> RunChoice:
    """Draw method, targets, slice and options; return what they are now."""
    method = st.radio(
        _("Method"),
        method_names(),
        format_func=lambda name: method_title(name)[0],
        captions=[method_title(name)[1] for name in method_names()],
        key="training.method",
    )
    targets = st.selectbox(
        _("Learn from"),
        list(TARGET_WORDS) if has_weak else [Targets.GOLD],
        format_func=lambda target: _(TARGET_WORDS[target]),
        key="training.targets",
    )
    scope = _draw_scope(store, project)
    filled = forms.draw_options(method_options(method), key=f"training.{method}")
    left, right = st.columns([3, 1])
    with left:
        name = st.text_input(_("Name of the run"), key="training.name", placeholder=method)
    with right:
        seed = st.number_input(_("Seed"), 0, 2**31, 0, key="training.seed")
    return RunChoice(name, method, targets, filled.values, filled.problem, int(seed), scope)


def _draw_scope(store: Store, project: Project) -> Scope | None:
    which, how = st.columns([2, 1], vertical_alignment="bottom")
    with which:
        slice_id = slices.draw_picker(store, project, key="training.slice")
    if slice_id is None:
        return None
    with how:
        outside = st.selectbox(
            _("Learn from"),
            [False, True],
            format_func=lambda left_out: _("all but this slice") if left_out else _("this slice"),
            key="training.outside",
            label_visibility="collapsed",
        )
    return Scope(slice_id, outside=outside)


def show_preview(preview: Preview, project: Project) -> None:
    """Draw what the run would learn from, and what speaks against starting it."""
    columns = st.columns(4)
    for column, name, value in zip(
        columns,
        (_("Gold"), _("Weak"), _("Watched (dev)"), _("Judged on (test)")),
        (preview.n_gold, preview.n_weak, preview.n_dev, preview.n_test),
        strict=True,
    ):
        column.metric(name, f"{value:,}")
    if preview.counts:
        figure = charts.bars_by_label(
            preview.counts, project.schema, title=_("documents to learn from, by label")
        )
        charts.draw(figure, key="training.counts", alt=_("Documents to learn from, by label"))
    for finding in preview.findings:
        show, icon = _LOOKS[finding.level]
        show(plain(finding.sentence), icon=icon)


def show_run(run: TrainingRun, points: Sequence[MetricPoint]) -> None:
    """Draw the curves of a run, and its figures when it has ended."""
    if points:
        left, right = st.columns(2)
        with left:
            names = {"train_loss": _("training loss"), "dev_loss": _("dev loss")}
            key = f"training.loss.{run.run_id}"
            charts.draw_curves(points, names, key=key, alt=_("Loss by step"))
        with right:
            names = {"dev_accuracy": _("dev accuracy"), "dev_macro_f1": _("dev macro-F1")}
            key = f"training.quality.{run.run_id}"
            charts.draw_curves(points, names, key=key, alt=_("Dev figures by step"))
    elif not run.state.is_finished:
        st.caption(_("The loss appears here after the first steps."))
    if run.state is JobState.FAILED:
        category = f"{run.category.value}: " if run.category else ""
        st.error(plain(f"{category}{run.error or ''}"))
    if run.state is JobState.SUCCEEDED:
        _show_figures(run)


def draw_runs(runs: Sequence[TrainingRun]) -> int | None:
    """Draw the table of runs with their figures; return the id of a run that was picked."""
    rows = [
        {
            "id": run.run_id,
            "name": run.name,
            "method": run.method,
            "learns from": _(TARGET_WORDS[run.targets]),
            "state": run.state.value,
            "dev accuracy": run.metrics.get("dev.accuracy"),
            "test accuracy": run.metrics.get("test.accuracy"),
            "test macro-F1": run.metrics.get("test.macro_f1"),
            "seconds": run.metrics.get("seconds"),
            "texts/s": run.metrics.get("texts_per_second"),
            "seed": run.seed,
        }
        for run in runs
    ]
    columns = {
        "id": tables.number(_("id")),
        "name": tables.text(_("name")),
        "method": tables.text(_("method")),
        "learns from": tables.text(_("learns from")),
        "state": tables.text(_("state")),
        "dev accuracy": tables.number(_("dev accuracy"), digits=3),
        "test accuracy": tables.number(_("test accuracy"), digits=3),
        "test macro-F1": tables.number(_("test macro-F1"), digits=3),
        "seconds": tables.number(_("seconds")),
        "texts/s": tables.number(_("texts/s")),
        "seed": tables.number(_("seed")),
    }
    chosen = tables.draw_rows(rows, columns, key="training.runs", pick=True)
    return None if chosen is None else runs[chosen].run_id


def _show_figures(run: TrainingRun) -> None:
    shown = (
        (_("Test accuracy"), "test.accuracy", "{:.3f}"),
        (_("Test macro-F1"), "test.macro_f1", "{:.3f}"),
        (_("Dev accuracy"), "dev.accuracy", "{:.3f}"),
        (_("Time"), "seconds", "{:.0f} s"),
        (_("Speed"), "texts_per_second", "{:.0f} texts/s"),
    )
    for column, (name, key, form) in zip(st.columns(len(shown)), shown, strict=True):
        value = run.metrics.get(key)
        column.metric(name, _("no gold") if value is None else form.format(value))
    if run.metrics.get("stopped"):
        st.info(_("The run was stopped; the best checkpoint until then is its model."))
    st.caption(
        _(
            "The saved model was loaded in a fresh process and gave the same probabilities "
            "(largest difference {difference:.1e})."
        ).format(difference=run.metrics.get("reload_difference", 0.0))
    )


def draw_start(preview: Preview, choice: RunChoice) -> bool:
    """Draw the button that starts a run; it says what it waits for."""
    if choice.problem:
        st.error(plain(choice.problem))
    blocked = preview.blocked or choice.problem is not None
    words = _("Nothing to train on yet") if blocked else _("Start training")
    return st.button(
        words, key="training.start", type="primary", disabled=blocked, width="stretch"
    )


def shown_run(runs: Sequence[TrainingRun]) -> TrainingRun | None:
    """Return the run that the page is about: the one in the address, else the newest."""
    asked = st.query_params.get("run")
    by_id = {str(run.run_id): run for run in runs}
    return by_id.get(asked or "", runs[0] if runs else None)


def show(run_id: int) -> bool:
    """Make a run the one that the page is about; return whether that changes anything."""
    if st.query_params.get("run") == str(run_id):
        return False
    st.query_params["run"] = str(run_id)
    return True


def show_live(store: Store, run: TrainingRun) -> None:
    """Draw a run; while it goes on, its curves grow in place once a second."""
    st.subheader(plain(run.name), anchor=False)
    if run.job_id is not None:
        jobs.show_job(store, run.job_id, key="training.job")
    every = None if run.state.is_finished else 1.0
    st.fragment(_draw_run, run_every=every)(store, run)


def _draw_run(store: Store, before: TrainingRun) -> None:
    run = training.get_run(store, before.run_id)
    if run.state is not before.state:
        st.rerun()  # the table of runs tells the state as well
    show_run(run, training.run_points(store, run.run_id))
