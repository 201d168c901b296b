"""Training sets: which documents with which targets a run learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.runs import TargetOrigin, Targets, TrainingSet
from studio.core.schema import ABSTAIN
from studio.core.slices import Scope
from studio.core.votes import as_probs
from studio.services import slices, weak_labels
from studio.storage.store import Store

FEW = 5
"""Labels with fewer documents than this are warned of: no model learns them."""


@dataclass(frozen=True)
class Plan:
    """The rows of a training set before its texts are read.

    ``doc_ids`` int64 ``[n]``, ``targets`` float32 ``[n, k]``, ``origins`` int8 ``[n]``.
    """

    doc_ids: NDArray[np.int64]
    targets: NDArray[np.float32]
    origins: NDArray[np.int8]
    dev_ids: NDArray[np.int64]
    dev_labels: NDArray[np.int16]
    labels: tuple[str, ...]
    provenance: Mapping[str, Any]

    @property
    def n_gold(self) -> int:
        """Documents with a person's label."""
        return int((self.origins == TargetOrigin.GOLD.code).sum())

    @property
    def n_weak(self) -> int:
        """Documents with a weak label."""
        return len(self.doc_ids) - self.n_gold

    @property
    def counts(self) -> dict[str, float]:
        """Sum of target probability of each label, by name."""
        return dict(zip(self.labels, self.targets.sum(axis=0).tolist(), strict=True))


def plan(store: Store, project_id: int, targets: Targets, scope: Scope | None = None) -> Plan:
    """Return which train documents have which targets.

    Gold wins over a weak label where both are asked for; documents with neither stay out.
    Dev and test documents are never learned from.

    Where gold and weak labels are asked for and no label model was fitted, gold alone serves.

    A scope narrows the documents to learn from; the dev documents, which only watch, stay.

    Raises
    ------
    Invalid
        If weak labels alone are asked for, or would be needed, and there are none.
    """
    schema = store.projects.get(project_id).schema
    gold = store.annotations.gold(project_id)
    codes = store.documents.splits(project_id)
    weak = weak_labels.current(store, project_id)
    needs_weak = targets is Targets.WEAK or (gold == ABSTAIN).all()
    if targets is not Targets.GOLD and weak is None and needs_weak:
        raise Invalid(
            "There are no weak labels yet. Fit a label model on the page Weak labels, or train "
            "on gold labels alone."
        )
    rows = np.zeros((len(gold), schema.cardinality), np.float32)
    origins = np.full(len(gold), -1, np.int8)
    discarded = store.annotations.status(project_id) == 2
    if weak is not None and targets is not Targets.GOLD:
        rows[weak.covered] = weak.probs[weak.covered]
        origins[weak.covered & ~discarded] = TargetOrigin.WEAK.code
    if targets is not Targets.WEAK:
        has_gold = gold != ABSTAIN
        rows[has_gold] = as_probs(gold[has_gold], schema.cardinality)
        origins[has_gold] = TargetOrigin.GOLD.code
    inside = slices.scope_mask(store, project_id, scope)
    chosen = np.flatnonzero((codes == Split.TRAIN.code) & (origins >= 0) & inside)
    dev = np.flatnonzero((codes == Split.DEV.code) & (gold != ABSTAIN))
    return Plan(
        doc_ids=chosen.astype(np.int64),
        targets=rows[chosen],
        origins=origins[chosen],
        dev_ids=dev.astype(np.int64),
        dev_labels=gold[dev],
        labels=schema.names,
        provenance=_provenance(store, project_id, targets) | _scope(store, project_id, scope),
    )


def freeze(store: Store, project_id: int, planned: Plan) -> TrainingSet:
    """Read the texts of a plan; from here on nothing that people do changes the run."""
    return TrainingSet(
        texts=tuple(store.documents.texts(project_id, planned.doc_ids.tolist())),
        targets=planned.targets,
        weights=np.ones(len(planned.doc_ids), np.float32),
        origins=planned.origins,
        doc_ids=planned.doc_ids,
        labels=planned.labels,
        dev_texts=tuple(store.documents.texts(project_id, planned.dev_ids.tolist())),
        dev_labels=planned.dev_labels,
    )


def findings(planned: Plan) -> list[tuple[Literal["error", "warning", "ok"], str]]:
    """Return all that speaks for or against training on a plan, worst first."""
    found: list[tuple[Literal["error", "warning", "ok"], str]] = []
    if not len(planned.doc_ids):
        return [
            (
                "error",
                "No train document has a label to learn from. Fit a label model, or review "
                "documents of the split train.",
            )
        ]
    present = [name for name, count in planned.counts.items() if count >= 0.5]
    if len(present) < 2:
        found.append(
            (
                "error",
                f"All labels to learn from are {present[0] if present else 'of no label'!r}; a "
                "model needs at least two different labels. Review more documents, or write a "
                "labeling function for another label.",
            )
        )
    for name, count in planned.counts.items():
        if count < FEW and name in present:
            found.append(
                ("warning", f"{name!r} has only about {count:.0f} documents to learn from.")
            )
        if name not in present and len(present) >= 2:
            found.append(
                ("warning", f"{name!r} has no documents to learn from; it will not be learned.")
            )
    if not len(planned.dev_ids):
        found.append(
            (
                "warning",
                "No dev document has a gold label, so nothing is watched during training and the "
                "last checkpoint is kept. Review some documents of the split dev.",
            )
        )
    return found


def _scope(store: Store, project_id: int, scope: Scope | None) -> dict[str, Any]:
    if scope is None:
        return {}
    found = slices.get(store, project_id, scope.slice_id)
    filter_ = found.filter.to_json()
    return {"slice": {"name": found.name, "outside": scope.outside, "filter": filter_}}


def _provenance(store: Store, project_id: int, targets: Targets) -> dict[str, Any]:
    project = store.projects.get(project_id)
    fit = store.fits.get(project.chosen_fit) if project.chosen_fit is not None else None
    functions = {f.name: f.version for f in store.functions.list(project_id) if f.enabled}
    use_weak = fit is not None and targets is not Targets.GOLD
    return {
        "targets": targets.value,
        "label_model": fit.name if fit and use_weak else None,
        "label_model_fit": fit.fit_id if fit and use_weak else None,
        "labeling_functions": functions if use_weak else {},
        "revision": project.revision,
    }
