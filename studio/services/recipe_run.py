"""Run a recipe from its first line to its report, without a browser."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from studio.core.documents import ColumnMapping, Split
from studio.core.errors import RunFailed
from studio.core.jobs import Job, JobState, Progress, no_progress
from studio.core.runs import Scores, TrainingRun
from studio.core.settings import Settings
from studio.core.users import User
from studio.importers.base import detect
from studio.jobs.queue import run_inline
from studio.services import (
    applying,
    deploy,
    documents,
    importing,
    labeling,
    projects,
    training,
    weak_labels,
)
from studio.services.recipe import CodePart, DocumentsPart, FunctionPart, Recipe, load_recipe
from studio.storage.store import Store

REPORTED = ("snorkel", "torch", "transformers", "scikit-learn", "numpy", "streamlit")
"""Packages whose versions a report names, because they can change its figures."""

Report = dict[str, Any]


def run_recipe(path: Path, out: Path, *, progress: Progress = no_progress) -> Report:
    """Build the project of a recipe, and return its report, which is also written to ``out``.

    The project lives in a temporary home: a recipe leaves nothing but ``out`` behind, which holds
    ``report.json`` and, if exported, ``labels.csv`` and ``model/``.

    Raises
    ------
    BadRecipe
        If the recipe is wrong; nothing was run then.
    StudioError
        If a step fails; the sentence says which and why.
    """
    recipe = load_recipe(path)
    with tempfile.TemporaryDirectory(prefix="weft-") as home:
        settings = Settings(
            home=Path(home), database_url=f"sqlite:///{home}/weft.db", worker="external"
        )
        store = Store.open(settings)
        try:
            report = _Runner(store, recipe, path.parent, progress).run(out)
        finally:
            store.close()
    _write_json(out / "report.json", report)
    return report


class _Runner:
    """One recipe on its way through the path."""

    def __init__(self, store: Store, recipe: Recipe, folder: Path, progress: Progress) -> None:
        self._store = store
        self._recipe = recipe
        self._folder = folder
        self._progress = progress
        self._user = User("recipe")
        self._project = projects.create_project(
            store, self._user, name=recipe.project, labels=recipe.labels
        )

    def run(self, out: Path) -> Report:
        out.mkdir(parents=True, exist_ok=True)
        for part in self._recipe.documents:
            self._import(part)
        self._label()
        run = self._train()
        artifacts = self._export(out, run)
        return self._report(run, artifacts)

    def _import(self, part: DocumentsPart) -> None:
        self._progress(0.0, f"Importing {part.path}")
        path = self._folder / part.path
        found = detect(path, path.name)
        format_name = part.format or found.format
        options = {**(found.options if format_name == found.format else {}), **part.options}
        source = importing.Source(path, format_name, options, _mapping(part, format_name))
        importing.import_file(
            self._store, self._user, self._project, source=source, choices=part.choices
        )

    def _label(self) -> None:
        for part in self._recipe.labeling_functions:
            if isinstance(part, CodePart):
                code = (self._folder / part.path).read_text(encoding="utf-8")
                labeling.check_syntax(code)
                labeling.save_code(self._store, self._user, self._project, code)
            elif isinstance(part, FunctionPart):
                labeling.save_function(
                    self._store,
                    self._user,
                    self._project,
                    kind=part.kind,
                    name=part.name,
                    options=part.options,
                )
        if not self._store.functions.list(self._project):
            return
        self._do(applying.start_apply(self._store, self._user, self._project), 0.05, 0.15)
        model = self._recipe.label_model
        fit = weak_labels.start_fit(
            self._store,
            self._user,
            self._project,
            name=model.name,
            options=model.options,
            seed=model.seed,
        )
        self._do(fit, 0.15, 0.25)

    def _train(self) -> TrainingRun | None:
        part = self._recipe.training
        if part is None:
            return None
        run_id = training.start_training(
            self._store,
            self._user,
            self._project,
            method=part.method,
            options=part.options,
            targets=part.targets,
            seed=part.seed,
            name=part.method,
        )
        run = training.get_run(self._store, run_id)
        assert run.job_id is not None
        self._do(run.job_id, 0.25, 0.95)
        return training.get_run(self._store, run_id)

    def _export(self, out: Path, run: TrainingRun | None) -> dict[str, str]:
        artifacts = {}
        self._progress(0.95, "Exporting")
        run_id = run.run_id if run else None
        if "labels" in self._recipe.export:
            deploy.write_labels(
                self._store, self._project, out / "labels.csv", format_name="csv", run_id=run_id
            )
            artifacts["labels"] = "labels.csv"
        if "model" in self._recipe.export and run is not None and run.artifact is not None:
            _replace_folder(self._store.artifacts.path(run.artifact), out / "model")
            artifacts["model"] = "model"
        return artifacts

    def _report(self, run: TrainingRun | None, artifacts: Mapping[str, str]) -> Report:
        counts = documents.split_counts(self._store, self._project)
        report: Report = {
            "project": self._recipe.project,
            "documents": {split.value: n for split, n in counts.items()},
            "labeling_functions": [
                _function(row) for row in labeling.list_functions(self._store, self._project)
            ],
            "label_model": _label_model(weak_labels.list_fits(self._store, self._project)),
            "training": _training(run),
            "artifacts": dict(artifacts),
            "seed": self._recipe.training.seed
            if self._recipe.training
            else self._recipe.label_model.seed,
            "versions": {name: version(name) for name in REPORTED},
        }
        self._progress(1.0, "Done")
        return report

    def _do(self, job_id: int, low: float, high: float) -> Job:
        """Run a queued job here and now; its progress becomes part of the whole's."""

        def report(fraction: float, message: str = "") -> None:
            self._progress(low + (high - low) * fraction, message)

        run_inline(self._store, job_id, progress=report)
        job = self._store.jobs.get(job_id)
        if job.state is not JobState.SUCCEEDED:
            raise RunFailed(job.error or f"The step {job.kind} ended as {job.state.value}.")
        return job


def _mapping(part: DocumentsPart, format_name: str) -> ColumnMapping:
    # WRENCH's files always call it so; of any other file the recipe says what is what.
    label = "label" if part.label is None and format_name == "wrench" else part.label
    return ColumnMapping(
        text=part.text,
        label=label,
        split=part.split_column,
        external_id=part.id,
        fixed_split=part.split,
    )


def _function(row: labeling.FunctionRow) -> dict[str, Any]:
    found = row.summary
    return {
        "name": found.name,
        "kind": found.kind,
        "polarity": list(found.polarity),
        "coverage": found.coverage,
        "overlaps": found.overlaps,
        "conflicts": found.conflicts,
        "accuracy": found.accuracy,
        "n_gold": found.n_gold,
        "faults": found.faults,
    }


def _label_model(rows: list[weak_labels.FitRow]) -> dict[str, Any] | None:
    if not rows:
        return None
    chosen = next(row for row in rows if row.chosen)
    baseline = next(row for row in rows if row.fit.name == weak_labels.BASELINE)
    return {
        "name": chosen.fit.name,
        "seed": chosen.fit.seed,
        **_by_split(chosen),
        weak_labels.BASELINE: _by_split(baseline),
    }


def _by_split(row: weak_labels.FitRow) -> dict[str, Any]:
    return {
        split.value: _scores(row.scores[split])
        for split in (Split.DEV, Split.TEST)
        if split in row.scores
    }


def _scores(found: Scores) -> dict[str, Any]:
    return {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "coverage": found.coverage,
        "n": found.n,
    }


def _training(run: TrainingRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    result: dict[str, Any] = {"method": run.method, "targets": run.targets.value}
    for key, value in run.metrics.items():
        split, _, figure = key.partition(".")
        if figure:
            result.setdefault(split, {})[figure] = int(value) if figure == "n" else value
    result["seconds"] = run.metrics["seconds"]
    result["texts_per_second"] = run.metrics["texts_per_second"]
    return result


def _replace_folder(source: Path, target: Path) -> None:
    """Copy a folder beside its place and swap it in, so that no half model is ever there."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copytree(source, temporary)
    if target.exists():
        shutil.rmtree(target)
    temporary.rename(target)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)
