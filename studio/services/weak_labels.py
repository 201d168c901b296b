"""Weak labels: fit label models, compare them, pick one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.fits import LabelModelFit
from studio.core.jobs import Job, Progress
from studio.core.options import Options, parse_options
from studio.core.runs import Scores
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.core.votes import VoteMatrix, WeakLabels
from studio.evaluating.metrics import scores
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.label_models.base import label_models
from studio.services import decided, labeling
from studio.storage.store import Store

BASELINE = "majority"
"""Fitted along with every other model: when it is as good, the simpler one should win."""


@dataclass(frozen=True)
class FitRow:
    """A fitted label model: scores by split (where there is gold), whether it is chosen or stale.

    ``stale`` means that labeling functions or documents changed since.
    """

    fit: LabelModelFit
    scores: Mapping[Split, Scores]
    coverage: float
    chosen: bool
    stale: bool


def model_names() -> tuple[str, ...]:
    """Return the registered label models, the default first."""
    return label_models.names()


def model_options(name: str) -> type[Options]:
    """Return the options of a label model: what its form is drawn from."""
    return label_models.get(name).Options


def start_fit(
    store: Store,
    actor: User,
    project_id: int,
    *,
    name: str | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> int:
    """Queue the fit of a label model, and of majority vote beside it; return the job's id.

    Raises
    ------
    Invalid
        If no labeling function is switched on, or the options are wrong.
    """
    actor.require(Role.EDITOR)
    name = name or label_models.default
    parsed = parse_options(
        model_options(name), dict(options or {}), what=f"The label model {name}"
    )
    if not any(f.enabled for f in store.functions.list(project_id)):
        raise Invalid("No labeling function is switched on. Write one, or switch one on.")
    spec = {"name": name, "options": parsed.model_dump(mode="json"), "seed": seed}
    return enqueue(store, "fit_label_model", spec, project_id=project_id, actor=actor.name)


@handles("fit_label_model", lane="work")
def run_fit(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Fit the asked label model and majority vote on all votes; choose the asked one."""
    assert job.project_id is not None
    progress(0.05, "Reading votes")
    matrix = labeling.vote_matrix(store, job.project_id)
    if not matrix.covered.any():
        raise Invalid(
            "No labeling function has voted on any document, so there is nothing to learn from. "
            "Apply the labeling functions, or write broader ones."
        )
    votes_fp = labeling.votes_fingerprint(store, job.project_id)
    wanted = [(BASELINE, {}), (job.spec["name"], job.spec["options"])]
    if job.spec["name"] == BASELINE:
        wanted = wanted[1:]
    fits = []
    for done, (name, options) in enumerate(wanted):
        progress(0.1 + 0.8 * done / len(wanted), f"Fitting {label_models.get(name).title}")
        fits.append(_fit(store, job, matrix, votes_fp, name=name, options=options))
    store.projects.choose_fit(job.project_id, fits[-1].fit_id)
    decided.of_weak_labels(store, job.project_id)  # here, so that no page has to wait for it
    return {"fits": [fit.fit_id for fit in fits], "chosen": fits[-1].fit_id}


def list_fits(store: Store, project_id: int) -> list[FitRow]:
    """Return the newest fit of each label model, the chosen one first."""
    chosen = store.projects.get(project_id).chosen_fit
    now = labeling.votes_fingerprint(store, project_id) if store.fits.list(project_id) else ""
    newest: dict[str, LabelModelFit] = {}
    for fit in store.fits.list(project_id):
        newest.setdefault(fit.name, fit)
        if fit.fit_id == chosen:
            newest[fit.name] = fit
    rows = []
    for fit in newest.values():
        weak = load(store, fit)
        rows.append(
            FitRow(
                fit=fit,
                scores=score_by_split(store, project_id, weak, fit.seed),
                coverage=float(weak.covered.mean()) if len(weak.covered) else 0.0,
                chosen=fit.fit_id == chosen,
                stale=fit.votes_fingerprint != now,
            )
        )
    return sorted(rows, key=lambda row: (not row.chosen, row.fit.name))


def choose_fit(store: Store, actor: User, project_id: int, fit_id: int) -> None:
    """Make the weak labels of one fit those of the project."""
    actor.require(Role.EDITOR)
    fit = store.fits.get(fit_id)
    if fit.project_id != project_id:
        raise Invalid(f"The fit {fit_id} belongs to another project.")
    store.projects.choose_fit(project_id, fit_id)
    store.events.add(project_id, actor.name, "choose label model", fit.name)


def current(store: Store, project_id: int) -> WeakLabels | None:
    """Return the weak labels of the chosen fit for all documents; None before a fit.

    Documents that came after the fit are uncovered, with equal probabilities.
    """
    chosen = store.projects.get(project_id).chosen_fit
    return None if chosen is None else load(store, store.fits.get(chosen))


def load(store: Store, fit: LabelModelFit) -> WeakLabels:
    """Return the weak labels of a fit for all documents the project has now."""
    probs = store.arrays.load("weak-labels", fit.weak_labels)
    covered = store.arrays.load("covered", fit.weak_labels)
    if probs is None or covered is None:
        raise Invalid(f"The weak labels of {fit.name} are gone from the disk. Fit it again.")
    n = store.documents.count(fit.project_id)
    missing = n - len(probs)
    if missing > 0:
        k = probs.shape[1]
        probs = np.concatenate([probs, np.full((missing, k), 1 / k, np.float32)])
        covered = np.concatenate([covered, np.zeros(missing, np.bool_)])
    return WeakLabels(probs, np.arange(n, dtype=np.int64), covered)


def score_by_split(
    store: Store, project_id: int, weak: WeakLabels, seed: int
) -> dict[Split, Scores]:
    """Return scores on the gold of each split; splits without gold are left out.

    Ties, and documents without a vote, are drawn by the seed (see ``core.votes.decide``).
    """
    gold = store.annotations.gold(project_id)
    codes = store.documents.splits(project_id)
    k = store.projects.get(project_id).schema.cardinality
    found = {}
    for split in Split:
        inside = codes == split.code
        judged = gold[inside] != ABSTAIN
        if judged.any():
            part = weak.rows(inside)
            found[split] = scores(
                part.decide(seed)[judged],
                gold[inside][judged],
                cardinality=k,
                covered=part.covered[judged],
            )
    return found


def _fit(
    store: Store,
    job: Job,
    matrix: VoteMatrix,
    votes_fp: str,
    *,
    name: str,
    options: Mapping[str, Any],
) -> LabelModelFit:
    assert job.project_id is not None
    seed = int(job.spec["seed"])
    key = fingerprint(votes_fp, name, dict(options), seed, _gold_key(store, job.project_id, name))
    model = label_models.get(name)()
    gold = store.annotations.gold(job.project_id)
    train_gold = np.where(
        store.documents.splits(job.project_id) == Split.TEST.code, ABSTAIN, gold
    ).astype(np.int16)
    rows = _fit_rows(store, job.project_id)
    model.fit(
        matrix.rows(rows),
        options=model_options(name).model_validate(dict(options)),
        seed=seed,
        gold=train_gold[rows],
    )
    weak = model.predict_proba(matrix)
    store.arrays.save("weak-labels", key, weak.probs)
    store.arrays.save("covered", key, weak.covered)
    found = score_by_split(store, job.project_id, weak, seed)
    metrics = {
        f"{split.value}.{figure}": getattr(value, figure)
        for split, value in found.items()
        for figure in ("accuracy", "macro_f1", "coverage")
    }
    return store.fits.add(
        project_id=job.project_id,
        name=name,
        options=dict(options),
        seed=seed,
        votes_fingerprint=votes_fp,
        lf_names=matrix.lf_names,
        weak_labels=key,
        metrics=metrics,
        lf_weights=model.lf_weights(),
        actor=job.created_by,
    )


def _fit_rows(store: Store, project_id: int) -> Any:
    """Return the documents to learn from: train if there are any, so that test stays unseen."""
    train = store.documents.splits(project_id) == Split.TRAIN.code
    return train if train.any() else np.ones(len(train), np.bool_)


def _gold_key(store: Store, project_id: int, name: str) -> str:
    # Majority vote does not look at gold, so its weak labels outlive an annotation.
    return "" if name == BASELINE else fingerprint(store.annotations.gold(project_id))
