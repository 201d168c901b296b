"""Flips: which combined labels would change if a labeling function were saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.jobs import Progress, no_progress
from studio.core.options import parse_options
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix
from studio.label_models.base import label_models
from studio.storage.store import Store

MAJORITY = "majority"
"""Combines the votes where nothing was fitted yet, or the chosen model cannot learn from them."""

MOST_IDS = 500


@dataclass(frozen=True)
class Change:
    """``count`` documents go from the combined label ``before`` to ``after``.

    Label indices; ``ABSTAIN`` where no function votes.
    """

    before: int
    after: int
    count: int


@dataclass(frozen=True)
class Flips:
    """How combined labels would change.

    Attributes
    ----------
    model
        The registered label model that combined the votes, before and after alike.
    n_docs
        Documents that were compared.
    n_changed
        Documents whose combined label changes.
    changes
        How many go from which label to which, the most frequent first.
    n_gold, right_before, right_after
        Compared documents with gold, and how many of them the combined label gets right.
    n_right, n_wrong
        Gold documents that become right, and that become wrong.
    becoming_right, becoming_wrong
        The first of these documents, by id.
    balance_before, balance_after
        Share of each label among the compared documents, without those that no function votes
        on; ``[n_labels]``.
    note
        Why another model than the chosen one was used; empty otherwise.
    """

    model: str
    n_docs: int
    n_changed: int
    changes: tuple[Change, ...]
    n_gold: int
    right_before: int
    right_after: int
    n_right: int
    n_wrong: int
    becoming_right: tuple[int, ...]
    becoming_wrong: tuple[int, ...]
    balance_before: tuple[float, ...]
    balance_after: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True)
class Combined:
    """Combined labels before and after, int16 ``[n_docs]``, ``ABSTAIN`` where nobody votes."""

    doc_ids: NDArray[np.int64]
    before: NDArray[np.int16]
    after: NDArray[np.int16]
    model: str
    note: str

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Bool ``[n_docs]``: whose label changes."""
        changed: NDArray[np.bool_] = self.before != self.after
        return changed


def replaced(
    matrix: VoteMatrix, column: NDArray[np.int16], name: str, *, instead_of: str | None
) -> VoteMatrix:
    """Return votes with a draft's column, int16 ``[n_docs]``, in its old place or at the end."""
    place = matrix.lf_names.index(instead_of) if instead_of in matrix.lf_names else None
    if place is None:
        votes = np.column_stack([matrix.votes, column])
        names = (*matrix.lf_names, _free(name, matrix.lf_names))
    else:
        votes = matrix.votes.copy()
        votes[:, place] = column
        names = matrix.lf_names
    return VoteMatrix(votes, matrix.doc_ids, names, matrix.cardinality)


def combine(
    store: Store,
    project_id: int,
    before: VoteMatrix,
    after: VoteMatrix,
    *,
    progress: Progress = no_progress,
) -> Combined | None:
    """Combine votes before and after a change by the project's label model.

    Both are fitted as the project's own fit is: with its options and seed, on the train split.
    Where the chosen model cannot learn from one of the two, majority vote combines both.

    Returns
    -------
    Combined | None
        None where nobody votes, neither before nor after.
    """
    if not before.covered.any() and not after.covered.any():
        return None
    chosen = store.projects.get(project_id).chosen_fit
    fit = None if chosen is None else store.fits.get(chosen)
    name, options, seed = (fit.name, fit.options, fit.seed) if fit else (MAJORITY, {}, 0)
    note = ""
    labels = []
    try:
        for done, matrix in enumerate((before, after)):
            progress(done / 2, "Combining votes")
            labels.append(_labels(store, project_id, matrix, name, options=options, seed=seed))
    except Invalid as refusal:
        note = f"{label_models.get(name).title} cannot combine these votes: {refusal}"
        name = MAJORITY
        labels = [
            _labels(store, project_id, matrix, name, options={}, seed=seed)
            for matrix in (before, after)
        ]
    return Combined(before.doc_ids, labels[0], labels[1], name, note)


def compare(combined: Combined, gold: NDArray[np.int16], cardinality: int) -> Flips:
    """Count what changes; ``gold`` is int16 ``[n_docs]`` of the compared documents."""
    before, after, ids = combined.before, combined.after, combined.doc_ids
    known = gold != ABSTAIN
    was, will = known & (before == gold), known & (after == gold)
    return Flips(
        model=combined.model,
        n_docs=len(ids),
        n_changed=int(combined.changed.sum()),
        changes=_changes(before[combined.changed], after[combined.changed]),
        n_gold=int(known.sum()),
        right_before=int(was.sum()),
        right_after=int(will.sum()),
        n_right=int((will & ~was).sum()),
        n_wrong=int((was & ~will).sum()),
        becoming_right=tuple(ids[will & ~was][:MOST_IDS].tolist()),
        becoming_wrong=tuple(ids[was & ~will][:MOST_IDS].tolist()),
        balance_before=_balance(before, cardinality),
        balance_after=_balance(after, cardinality),
        note=combined.note,
    )


def to_json(flips: Flips | None) -> dict[str, Any] | None:
    """Return flips as JSON values."""
    return None if flips is None else asdict(flips)


def from_json(raw: Mapping[str, Any] | None) -> Flips | None:
    """Return what :func:`to_json` made JSON of."""
    if raw is None:
        return None
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    values["changes"] = tuple(Change(**change) for change in raw["changes"])
    return Flips(**values)


def _labels(
    store: Store,
    project_id: int,
    matrix: VoteMatrix,
    name: str,
    *,
    options: Mapping[str, Any],
    seed: int,
) -> NDArray[np.int16]:
    """Return combined labels, kept by what they are made of: a second trial fits once less."""
    covered = matrix.covered
    if not covered.any():
        return np.full(len(covered), ABSTAIN, np.int16)
    splits = store.documents.splits(project_id)[matrix.doc_ids]
    gold = store.annotations.gold(project_id)[matrix.doc_ids]
    gold[splits == Split.TEST.code] = ABSTAIN
    learn = splits == Split.TRAIN.code
    if not (learn & covered).any():
        learn = np.ones(len(learn), np.bool_)
    key = fingerprint(name, dict(options), seed, matrix.votes, matrix.cardinality, learn, gold)
    known = store.arrays.load("combined", key)
    if known is not None:
        return known
    model = label_models.get(name)()
    parsed = parse_options(label_models.get(name).Options, dict(options), what=name)
    model.fit(matrix.rows(learn), options=parsed, seed=seed, gold=gold[learn])
    labels = np.where(covered, model.predict_proba(matrix).decide(seed), ABSTAIN)
    store.arrays.save("combined", key, labels.astype(np.int16))
    return labels.astype(np.int16)


def _changes(before: NDArray[np.int16], after: NDArray[np.int16]) -> tuple[Change, ...]:
    pairs, counts = np.unique(np.column_stack([before, after]), axis=0, return_counts=True)
    found = [
        Change(int(old), int(new), int(n)) for (old, new), n in zip(pairs, counts, strict=True)
    ]
    return tuple(sorted(found, key=lambda change: (-change.count, change.before, change.after)))


def _balance(labels: NDArray[np.int16], cardinality: int) -> tuple[float, ...]:
    counts = np.bincount(labels[labels != ABSTAIN], minlength=cardinality)
    shares: list[float] = (counts / max(1, counts.sum())).tolist()
    return tuple(shares)


def _free(name: str, taken: Sequence[str]) -> str:
    number = 2
    wanted = name
    while wanted in taken:
        wanted = f"{name}_{number}"
        number += 1
    return wanted
