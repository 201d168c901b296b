"""Review: which document next, answers, undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.annotations import Annotation, AnnotationStatus, Answer
from studio.core.documents import Scalar, Split
from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.core.votes import VoteMatrix, WeakLabels
from studio.querying.base import Pool, strategies
from studio.services import labeling, slices, weak_labels
from studio.storage.store import Store


@dataclass(frozen=True)
class ReviewCard:
    """One document to answer.

    ``suggestion`` is the weak label, None where no function voted; ``probability`` in ``[0, 1]``.
    ``votes`` are (LF name, label index); abstentions are left out. ``reason`` says why this
    document is here.
    """

    doc_id: int
    external_id: str
    text: str
    suggestion: int | None
    probability: float
    votes: tuple[tuple[str, int], ...]
    reason: str
    metadata: dict[str, Scalar]


@dataclass(frozen=True)
class ReviewProgress:
    """How far the review is: answered by people or imported, discarded, and left."""

    reviewed: int
    imported: int
    discarded: int
    left: int


def queue_names() -> tuple[str, ...]:
    """Return the registered queues, the default first."""
    return strategies.names()


def queue_title(name: str) -> str:
    """Return what a queue is called on the page."""
    return strategies.get(name).title


def next_cards(
    store: Store,
    actor: User,
    project_id: int,
    *,
    queue: str | None = None,
    seed: int = 0,
    limit: int = 50,
    split: Split | None = None,
    slice_id: int | None = None,
) -> list[ReviewCard]:
    """Return the next documents to answer, the most valuable first; of one slice, if asked.

    Answered and discarded documents do not come again; those the user skipped come last.
    """
    actor.require(Role.ANNOTATOR)
    name = queue or strategies.default
    order = _order(store, project_id, name, seed)
    open_ = store.annotations.status(project_id)[order] == 0
    if split is not None:
        open_ &= store.documents.splits(project_id)[order] == split.code
    if slice_id is not None:
        open_ &= slices.mask(store, project_id, slice_id)[order]
    order = order[open_]
    skipped = np.isin(order, store.annotations.skipped_by(project_id, actor.name))
    chosen = np.concatenate([order[~skipped], order[skipped]])[:limit]
    return _cards(store, project_id, name, chosen)


def cards_of(
    store: Store, actor: User, project_id: int, doc_ids: Sequence[int], *, queue: str | None = None
) -> list[ReviewCard]:
    """Return the cards of given documents, answered or not, in their order."""
    actor.require(Role.ANNOTATOR)
    name = queue or strategies.default
    return _cards(store, project_id, name, np.asarray(doc_ids, np.int64))


def submit(store: Store, actor: User, project_id: int, answers: Sequence[Answer]) -> None:
    """Keep answers in the journal; an answer sent twice is kept once.

    Raises
    ------
    Invalid
        If a label or document is not there; none of the answers is kept then.
    """
    actor.require(Role.ANNOTATOR)
    schema = store.projects.get(project_id).schema
    n = store.documents.count(project_id)
    for answer in answers:
        if not 0 <= answer.doc_id < n:
            raise Invalid(f"There is no document {answer.doc_id}; the project has {n}.")
        if answer.status is AnnotationStatus.SUBMITTED and answer.label is None:
            raise Invalid(f"The answer for document {answer.doc_id} has no label.")
        if answer.label is not None and not 0 <= answer.label < schema.cardinality:
            raise Invalid(
                f"There is no label with index {answer.label}; the labels are {schema.describe()}."
            )
    # One entry an answer, so that each can be undone by itself.
    for answer in answers:
        store.annotations.add(project_id, [answer], actor=actor.name)


def undo(store: Store, actor: User, project_id: int, key: str | None = None) -> tuple[int, ...]:
    """Take back this user's answer with a key, the newest for None; return its documents.

    None are returned where there is nothing to take back, or it was taken back before.
    """
    actor.require(Role.ANNOTATOR)
    return store.annotations.undo(project_id, actor=actor.name, key=key)


def recent(store: Store, actor: User, project_id: int, limit: int = 10) -> list[Annotation]:
    """Return this user's newest answers that were not undone, newest first."""
    return store.annotations.recent(project_id, actor=actor.name, limit=limit)


def progress(store: Store, project_id: int) -> ReviewProgress:
    """Return how many documents are answered, discarded and left."""
    status = store.annotations.status(project_id)
    return ReviewProgress(
        reviewed=store.annotations.count(project_id),
        imported=store.annotations.count_imported(project_id),
        discarded=int((status == 2).sum()),
        left=int((status == 0).sum()),
    )


def _order(store: Store, project_id: int, name: str, seed: int) -> NDArray[np.int64]:
    """Return all documents in the order of a queue; computed once for each state of the votes."""
    pool_key = (
        [labeling.votes_fingerprint(store, project_id)]
        if _has_functions(store, project_id)
        else [store.documents.count(project_id)]
    )
    fit = store.projects.get(project_id).chosen_fit
    key = fingerprint("review order", project_id, name, seed, fit, pool_key)
    known = store.arrays.load("orders", key)
    if known is not None:
        return known
    order = strategies.get(name)().order(_pool(store, project_id, None), seed=seed)
    store.arrays.save("orders", key, order)
    return order


def _cards(
    store: Store, project_id: int, name: str, doc_ids: NDArray[np.int64]
) -> list[ReviewCard]:
    pool = _pool(store, project_id, doc_ids)
    strategy = strategies.get(name)()
    names = [f.name for f in store.functions.list(project_id) if f.enabled]
    cards = []
    for row, document in enumerate(store.documents.get(project_id, doc_ids.tolist())):
        covered = bool(pool.covered[row])
        probs = pool.probs[row]
        voted = np.flatnonzero(pool.votes[row] != ABSTAIN)
        cards.append(
            ReviewCard(
                doc_id=document.doc_id,
                external_id=document.external_id,
                text=document.text,
                suggestion=int(probs.argmax()) if covered else None,
                probability=float(probs.max()),
                votes=tuple((names[c], int(pool.votes[row, c])) for c in voted),
                reason=strategy.reason(pool, row),
                metadata=dict(document.metadata),
            )
        )
    return cards


def _pool(store: Store, project_id: int, doc_ids: NDArray[np.int64] | None) -> Pool:
    """Return what a strategy sees of some documents, of all where ``doc_ids`` is None."""
    n = store.documents.count(project_id)
    k = store.projects.get(project_id).schema.cardinality
    rows = np.arange(n, dtype=np.int64) if doc_ids is None else doc_ids
    weak: WeakLabels | None = weak_labels.current(store, project_id)
    if _has_functions(store, project_id):
        matrix: VoteMatrix = labeling.vote_matrix(store, project_id)
        votes = matrix.votes[rows]
    else:
        votes = np.full((len(rows), 0), ABSTAIN, np.int16)
    if weak is None:
        probs = np.full((len(rows), k), 1 / k, np.float32)
        covered = np.zeros(len(rows), np.bool_)
    else:
        probs, covered = weak.probs[rows], weak.covered[rows]
    return Pool(doc_ids=rows, probs=probs, covered=covered, votes=votes)


def _has_functions(store: Store, project_id: int) -> bool:
    return any(f.enabled for f in store.functions.list(project_id))
