"""Selections: a short word in a URL that stands for the documents behind a number.

=====================  =========================================================================
``lf:7``               documents on which labeling function 7 voted
``lf:7:wrong``         … where the vote contradicts gold
``lf:7:conflicts``     … where another function voted differently
``lf:7:faults``        … where it failed (first occurrence of each fault)
``uncovered``          documents without any vote
``gold:2``             documents with gold label 2
``weak:2``             documents whose weak label is 2
``cell:KEY:S:1:0``     documents of split S with gold 1 that the source KEY calls 0
=====================  =========================================================================
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN
from studio.services import evaluation, labeling, resources, weak_labels
from studio.storage.store import Store

Ids = NDArray[np.int64]


def resolve(store: Store, project_id: int, selection: str) -> Ids:
    """Return the ids of the selected documents, int64, ascending.

    Raises
    ------
    Invalid
        If the selection is not understood; the message says which are.
    """
    head, *rest = selection.split(":")
    finder = _FINDERS.get(head)
    if finder is None:
        raise _unknown(selection)
    try:
        return finder(store, project_id, rest)
    except (ValueError, IndexError) as error:
        raise _unknown(selection) from error


def describe(store: Store, project_id: int, selection: str) -> str:
    """Return what a selection means, in words for a heading."""
    head, *rest = selection.split(":")
    schema = store.projects.get(project_id).schema
    if head == "lf":
        name = store.functions.get(int(rest[0])).name
        what = {"wrong": " and was wrong", "conflicts": " and another function disagreed"}
        if rest[1:] == ["faults"]:
            return f"Documents on which {name} failed"
        return f"Documents on which {name} voted{what.get(rest[1] if rest[1:] else '', '')}"
    if head == "uncovered":
        return "Documents that no labeling function covers"
    if head in ("gold", "weak"):
        return f"Documents with the {head} label {schema.name_of(int(rest[0]))}"
    gold, decided = schema.name_of(int(rest[3])), schema.name_of(int(rest[4]))
    return f"Documents of the split {rest[2]} labeled {gold} and called {decided}"


def of_cell(key: str, split: Split, gold: int, decided: int) -> str:
    """Return the selection of one cell of a confusion matrix."""
    return f"cell:{key}:{split.value}:{gold}:{decided}"


def _lf(store: Store, project_id: int, rest: list[str]) -> Ids:
    function = resources.with_inputs(store, project_id, store.functions.get(int(rest[0])))
    shards = store.documents.shards(project_id)
    votes = np.full(store.documents.count(project_id), ABSTAIN, np.int16)
    faults: list[int] = []
    for shard in shards:
        part = store.votes.load(function.fingerprint, shard)
        if part is not None:
            votes[shard.first_doc_id : shard.first_doc_id + shard.n_docs] = part.votes
            faults += [f.doc_id for f in part.faults if f.doc_id is not None]
    which = rest[1] if len(rest) > 1 else "voted"
    if which == "faults":
        return np.array(sorted(faults), np.int64)
    voted = votes != ABSTAIN
    if which == "wrong":
        gold = store.annotations.gold(project_id)
        voted &= (gold != ABSTAIN) & (gold != votes)
    elif which == "conflicts":
        others = labeling.vote_matrix(store, project_id).votes
        voted &= ((others != ABSTAIN) & (others != votes[:, None])).any(axis=1)
    elif which != "voted":
        raise ValueError(which)
    return np.flatnonzero(voted).astype(np.int64)


def _uncovered(store: Store, project_id: int, rest: list[str]) -> Ids:
    return np.flatnonzero(~labeling.vote_matrix(store, project_id).covered).astype(np.int64)


def _gold(store: Store, project_id: int, rest: list[str]) -> Ids:
    return np.flatnonzero(store.annotations.gold(project_id) == int(rest[0])).astype(np.int64)


def _weak(store: Store, project_id: int, rest: list[str]) -> Ids:
    weak = weak_labels.current(store, project_id)
    if weak is None:
        return np.zeros(0, np.int64)
    return np.flatnonzero(weak.covered & (weak.decide() == int(rest[0]))).astype(np.int64)


def _cell(store: Store, project_id: int, rest: list[str]) -> Ids:
    key, split = f"{rest[0]}:{rest[1]}", Split(rest[2])
    gold, decided = int(rest[3]), int(rest[4])
    found = evaluation.evaluate(store, project_id, [key], split)
    if not found:
        raise ValueError(key)
    hit = (found[0].gold == gold) & (found[0].decided == decided)
    ids: Ids = found[0].doc_ids[hit]
    return ids


_FINDERS: dict[str, Callable[[Store, int, list[str]], Ids]] = {
    "lf": _lf,
    "uncovered": _uncovered,
    "gold": _gold,
    "weak": _weak,
    "cell": _cell,
}


def _unknown(selection: str) -> Invalid:
    return Invalid(
        f"The selection {selection[:60]!r} is not understood. Open it again from the number that "
        "it came from."
    )
