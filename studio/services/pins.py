"""Pins: a corrected document stays corrected, whatever becomes of a labeling function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from studio.core.functions import LabelingFunction
from studio.core.pins import Pin, PinCheck
from studio.core.users import Role, User
from studio.services import resources, votes
from studio.storage.documents import Shard
from studio.storage.store import Store


def pin(
    store: Store, actor: User, project_id: int, *, lf_id: int, doc_id: int, label: int | None
) -> Pin:
    """Say what a labeling function must say of a document.

    A pin that it has there already is replaced.

    Parameters
    ----------
    label
        The label index that it must vote for; None: it must not vote.

    Raises
    ------
    NotFound
        If the project has no such function.
    Invalid
        If there is no such document or label.
    """
    actor.require(Role.EDITOR)
    return store.pins.add(project_id, lf_id, doc_id, label=label, actor=actor.name)


def unpin(store: Store, actor: User, project_id: int, pin_id: int) -> None:
    """Take a pin off; :func:`undo_unpin` puts it back."""
    actor.require(Role.EDITOR)
    store.pins.remove(project_id, pin_id)


def undo_unpin(store: Store, actor: User, project_id: int, pin_id: int) -> None:
    """Put a pin back that was taken off.

    Raises
    ------
    Conflict
        If the function has another pin on that document by now.
    """
    actor.require(Role.EDITOR)
    store.pins.restore(project_id, pin_id)


def check(store: Store, project_id: int, lf_id: int | None = None) -> list[PinCheck]:
    """Hold the pins of all functions, or of one, against the votes that are kept.

    Returns
    -------
    list[PinCheck]
        Broken ones first, then those of functions that were not applied yet.
    """
    functions = resources.functions_of(store, project_id)
    return _check(store, project_id, [f for f in functions if lf_id in (None, f.lf_id)])


def check_votes(pinned: Sequence[Pin], found: Mapping[int, int]) -> list[PinCheck]:
    """Hold pins against votes that are at hand, by document; broken ones first."""
    return _ordered([PinCheck(p, found.get(p.doc_id)) for p in pinned])


def count(
    store: Store, project_id: int, functions: Sequence[LabelingFunction]
) -> dict[int, tuple[int, int]]:
    """Return, for each function with pins, how many it has and how many are broken."""
    found: dict[int, tuple[int, int]] = {}
    for checked in _check(store, project_id, functions):
        n, broken = found.get(checked.pin.lf_id, (0, 0))
        found[checked.pin.lf_id] = n + 1, broken + (checked.holds is False)
    return found


def _check(store: Store, project_id: int, functions: Sequence[LabelingFunction]) -> list[PinCheck]:
    pinned = store.pins.list(project_id)
    if not pinned:
        return []
    shards = store.documents.shards(project_id)
    checks: list[PinCheck] = []
    for function in functions:
        own = [p for p in pinned if p.lf_id == function.lf_id]
        if not own:
            continue
        known = _kept_votes(store, function, shards, [p.doc_id for p in own])
        checks += check_votes(own, known)
    return _ordered(checks)


def _kept_votes(
    store: Store, function: LabelingFunction, shards: Sequence[Shard], doc_ids: Sequence[int]
) -> dict[int, int]:
    """Return the votes on some documents, without those that it was not asked about yet."""
    ids = np.asarray(doc_ids, np.int64)
    found: dict[int, int] = {}
    missing = {s.shard_id for s in store.votes.missing(function.fingerprint, shards)}
    for shard in shards:
        inside = ids[(ids >= shard.first_doc_id) & (ids < shard.first_doc_id + shard.n_docs)]
        if len(inside) and shard.shard_id not in missing:
            said = votes.votes_at(store, function, [shard], inside)
            found.update(zip(inside.tolist(), said.tolist(), strict=True))
    return found


def _ordered(checks: Sequence[PinCheck]) -> list[PinCheck]:
    rank = {False: 0, None: 1, True: 2}
    return sorted(checks, key=lambda c: (rank[c.holds], c.pin.lf_id, c.pin.doc_id))
