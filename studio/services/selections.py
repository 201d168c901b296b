"""Selections: a short word in a URL that stands for the documents behind a number.

=====================  =========================================================================
``lf:7``               documents on which labeling function 7 voted
``lf:7:wrong``         … where the vote contradicts gold
``lf:7:conflicts``     … where another function voted differently
``lf:7:faults``        … where it failed (first occurrence of each fault)
``uncovered``          documents without any vote
``gold:2``             documents with gold label 2
``weak:2``             documents whose weak label is 2
``quality:leaks``      documents that a check found, also ``quality:duplicates``,
                       ``quality:near``, ``quality:lang:zh``, ``quality:pii:email``
``cell:KEY:S:1:0``     documents of split S with gold 1 that the source KEY calls 0
``pair:7:9:overlap``   documents on which labeling functions 7 and 9 both voted
``pair:7:9:conflict``  … and voted differently
``slice:3``            documents of slice 3, as its filter finds them now
=====================  =========================================================================
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid, NotFound
from studio.core.schema import ABSTAIN
from studio.services import evaluation, masks, pairwise, quality, votes, weak_labels
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


def mask(store: Store, project_id: int, selection: str) -> masks.Mask:
    """Return bool ``[n_docs]``: whether each document is selected.

    Raises
    ------
    Invalid
        If the selection is not understood; the message says which are.
    """
    head, _colon, rest = selection.partition(":")
    if head == "slice" and rest.isdecimal():
        return _slice_mask(store, project_id, int(rest))
    n = store.documents.count(project_id)
    ids = resolve(store, project_id, selection)
    found = np.zeros(n, np.bool_)
    found[ids[ids < n]] = True
    return found


def describe(store: Store, project_id: int, selection: str) -> str:
    """Return what a selection means, in words for a heading.

    Raises
    ------
    Invalid
        If the selection is not understood.
    """
    try:
        return _described(store, project_id, selection)
    except (ValueError, IndexError) as error:
        raise _unknown(selection) from error


def _described(store: Store, project_id: int, selection: str) -> str:
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
    if head == "pair":
        one, other = (store.functions.get(int(number)).name for number in rest[:2])
        how = "voted differently" if rest[2] == "conflict" else "both voted"
        return f"Documents on which {one} and {other} {how}"
    if head == "quality":
        return quality.describe(_of_quality(rest))
    if head == "slice":
        return f"Documents of the slice {store.slices.get(int(rest[0])).name}"
    if head in ("gold", "weak"):
        return f"Documents with the {head} label {schema.name_of(int(rest[0]))}"
    gold, decided = schema.name_of(int(rest[3])), schema.name_of(int(rest[4]))
    return f"Documents of the split {rest[2]} labeled {gold} and called {decided}"


def of_cell(key: str, split: Split, gold: int, decided: int) -> str:
    """Return the selection of one cell of a confusion matrix."""
    return f"cell:{key}:{split.value}:{gold}:{decided}"


def _lf(store: Store, project_id: int, rest: list[str]) -> Ids:
    said = masks.function_votes(store, project_id, int(rest[0]))
    which = rest[1] if len(rest) > 1 else "voted"
    if which == "faults":
        return said.faulted
    voted = said.votes != ABSTAIN
    if which == "wrong":
        gold = store.annotations.gold(project_id)
        voted &= (gold != ABSTAIN) & (gold != said.votes)
    elif which == "conflicts":
        others = votes.vote_matrix(store, project_id).votes
        voted &= ((others != ABSTAIN) & (others != said.votes[:, None])).any(axis=1)
    elif which != "voted":
        raise ValueError(which)
    return np.flatnonzero(voted).astype(np.int64)


def _uncovered(store: Store, project_id: int, rest: list[str]) -> Ids:
    return np.flatnonzero(masks.agreement(store, project_id) == 0).astype(np.int64)


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


def _pair(store: Store, project_id: int, rest: list[str]) -> Ids:
    first, second, which = rest
    if which not in ("overlap", "conflict"):
        raise ValueError(which)
    return pairwise.documents_of_pair(
        store, project_id, int(first), int(second), conflict=which == "conflict"
    )


def _slice(store: Store, project_id: int, rest: list[str]) -> Ids:
    return np.flatnonzero(_slice_mask(store, project_id, int(rest[0]))).astype(np.int64)


def _slice_mask(store: Store, project_id: int, slice_id: int) -> masks.Mask:
    found = store.slices.get(slice_id)
    if found.project_id != project_id:
        raise NotFound(f"The slice {slice_id} belongs to another project.")
    inside = masks.mask_of(store, project_id, found.filter)
    if found.filter.selection:
        # A slice can only rest on slices that were there before it, so this comes to an end.
        inside &= mask(store, project_id, found.filter.selection)
    return inside


def _quality(store: Store, project_id: int, rest: list[str]) -> Ids:
    return quality.ids_of(store, project_id, _of_quality(rest))


def _of_quality(rest: list[str]) -> str:
    what, *detail = rest
    return ":".join(["language" if what == "lang" else what, *detail])


_FINDERS: dict[str, Callable[[Store, int, list[str]], Ids]] = {
    "lf": _lf,
    "uncovered": _uncovered,
    "gold": _gold,
    "weak": _weak,
    "cell": _cell,
    "quality": _quality,
    "pair": _pair,
    "slice": _slice,
}


def _unknown(selection: str) -> Invalid:
    return Invalid(
        f"The selection {selection[:60]!r} is not understood. Open it again from the number that "
        "it came from."
    )
