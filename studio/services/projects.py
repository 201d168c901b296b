"""Projects: create, open, and see how far each one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.functions import LabelingFunction
from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.schema import LabelSchema
from studio.core.users import Role, User
from studio.services import applying, documents, importing, labeling, sample, weak_labels
from studio.storage.store import Store

MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class NextStep:
    """What to do next: the page that does it, and why, in one sentence."""

    page: str
    sentence: str


@dataclass(frozen=True)
class ProjectCard:
    """How far a project is.

    ``coverage`` is the share of documents with at least one vote, in ``[0, 1]``; None before LFs
    were applied. ``weak_labels`` is the name of the chosen label model, None before a fit.
    """

    project: Project
    n_documents: int
    splits: dict[Split, int]
    n_functions: int
    coverage: float | None
    weak_labels: str | None
    n_annotations: int
    n_gold: int
    n_runs: int
    n_finished_runs: int
    n_active_jobs: int
    next_step: NextStep


def list_projects(store: Store) -> list[ProjectCard]:
    """Return all projects that are not deleted, newest first."""
    return [overview(store, project.project_id) for project in store.projects.list()]


def overview(store: Store, project_id: int) -> ProjectCard:
    """Return how far one project is, and the next step."""
    project = store.projects.get(project_id)
    splits = documents.split_counts(store, project_id)
    functions = store.functions.list(project_id)
    runs = store.runs.list(project_id)
    fit = store.fits.get(project.chosen_fit) if project.chosen_fit is not None else None
    facts = {
        "n_documents": store.documents.count(project_id),
        "splits": splits,
        "n_functions": len(functions),
        "coverage": labeling.coverage(store, project_id),
        "weak_labels": fit.name if fit else None,
        "n_annotations": store.annotations.count(project_id),
        "n_gold": int((store.annotations.gold(project_id) >= 0).sum()),
        "n_runs": len(runs),
        "n_finished_runs": sum(run.state is JobState.SUCCEEDED for run in runs),
    }
    return ProjectCard(
        project=project,
        n_active_jobs=len(store.jobs.list(project_id, active_only=True)),
        next_step=_next_step(store, project_id, functions, facts),
        **facts,  # type: ignore[arg-type]
    )


def create_project(
    store: Store, actor: User, *, name: str, labels: Sequence[str], description: str = ""
) -> int:
    """Create an empty project and return its id.

    Raises
    ------
    Invalid
        If the name is empty or too long, or the labels are not two or more different names.
    Conflict
        If a project of this name exists.
    """
    actor.require(Role.EDITOR)
    cleaned = name.strip()
    if not cleaned or len(cleaned) > MAX_NAME_LENGTH or not cleaned.isprintable():
        raise Invalid(
            f"A project needs a name of 1 to {MAX_NAME_LENGTH} printable characters, "
            f"got {name[:40]!r}."
        )
    schema = LabelSchema(tuple(label.strip() for label in labels if label.strip()))
    return store.projects.add(cleaned, schema, actor=actor.name, description=description)


def create_sample_project(store: Store, actor: User) -> int:
    """Create the sample project with its documents and labeling functions; return its id.

    The work that follows (applying, fitting) is queued, as after a click of the user. A sample
    project that exists already is returned instead of a second one.
    """
    actor.require(Role.EDITOR)
    for project in store.projects.list():
        if project.name == sample.NAME:
            return project.project_id
    project_id = create_project(
        store,
        actor,
        name=sample.NAME,
        labels=sample.sample_schema().names,
        description=sample.DESCRIPTION,
    )
    importing.import_file(
        store,
        actor,
        project_id,
        source=importing.Source(
            path=sample.sample_documents_path(),
            format="csv",
            options={},
            mapping=sample.sample_mapping(),
        ),
    )
    for function in sample.sample_functions():
        store.functions.add(project_id, function, actor.name)
    applying.start_apply(store, actor, project_id)
    weak_labels.start_fit(store, actor, project_id)
    return project_id


def delete_project(store: Store, actor: User, project_id: int) -> None:
    """Put a project away; :func:`restore_project` brings it back whole."""
    actor.require(Role.EDITOR)
    store.projects.delete(project_id, actor.name)


def restore_project(store: Store, actor: User, project_id: int) -> None:
    """Bring a deleted project back."""
    actor.require(Role.EDITOR)
    store.projects.restore(project_id, actor.name)


def rename_project(store: Store, actor: User, project_id: int, name: str) -> None:
    """Give a project another name."""
    actor.require(Role.EDITOR)
    if not name.strip() or len(name.strip()) > MAX_NAME_LENGTH:
        raise Invalid(f"A project needs a name of 1 to {MAX_NAME_LENGTH} characters.")
    store.projects.rename(project_id, name.strip())


def _next_step(
    store: Store,
    project_id: int,
    functions: Sequence[LabelingFunction],
    facts: dict[str, object],
) -> NextStep:
    steps = (
        (not facts["n_documents"], "documents", "Upload your texts."),
        (not functions, "labeling_functions", "Write a first labeling function."),
        (
            facts["coverage"] is None,
            "labeling_functions",
            "Apply the labeling functions to all documents.",
        ),
        (facts["weak_labels"] is None, "weak_labels", "Fit the label model."),
        (
            _too_few_answers(store, project_id),
            "review",
            "Review the documents that the label model is least sure of.",
        ),
        (not facts["n_runs"], "training", "Train a model on the labels."),
        (not facts["n_finished_runs"], "training", "Watch the run in progress, or start another."),
    )
    for applies, page, sentence in steps:
        if applies:
            return NextStep(page, sentence)
    return NextStep("evaluation", "Compare the runs, then explain and export the best one.")


def _too_few_answers(store: Store, project_id: int) -> bool:
    # Scores of the label model need gold on dev or test; twenty documents are the least that
    # tells .7 from .9 with some confidence.
    gold = store.annotations.gold(project_id) >= 0
    held_out = store.documents.splits(project_id) != Split.TRAIN.code
    return int(np.logical_and(gold, held_out).sum()) < 20 and int(gold.sum()) < 20
