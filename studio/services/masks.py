"""Which documents pass each part of a filter, as masks over all documents of a project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import DocumentFilter
from studio.core.filters import (
    ANY_LABEL,
    NO_LABEL,
    Agreement,
    RunCondition,
    RunState,
    VoteCondition,
    VoteState,
)
from studio.core.fingerprints import fingerprint
from studio.core.schema import ABSTAIN
from studio.services import decided, resources, votes
from studio.storage.store import Store

Mask = NDArray[np.bool_]

_AGREEMENT = {Agreement.UNCOVERED: (0,), Agreement.COVERED: (1, 2), Agreement.DISAGREE: (2,)}


@dataclass(frozen=True)
class FunctionVotes:
    """What one function said of all documents, where it was asked at all, and where it failed.

    ``votes`` is int16 ``[n_docs]``, ``asked`` bool ``[n_docs]``; ``faulted`` are document ids,
    ascending, the first ones of each reason.
    """

    votes: NDArray[np.int16]
    asked: Mask
    faulted: NDArray[np.int64]


def mask_of(store: Store, project_id: int, query: DocumentFilter) -> Mask:
    """Return bool ``[n_docs]``: which documents pass all parts of a filter but its selection.

    Raises
    ------
    Invalid
        If the text is a regular expression that is not understood.
    NotFound
        If a function or run that it names is not there.
    """
    passing = store.documents.matching(project_id, query)
    n = len(passing)
    for part in _parts(store, project_id, query):
        # Documents may come between two readings; they never go, and the next reading has them.
        passing &= decided.fit_to(part, n)
    return passing


def function_votes(store: Store, project_id: int, lf_id: int) -> FunctionVotes:
    """Return what the newest version of a function said of all documents.

    Raises
    ------
    NotFound
        If there is no such function.
    """
    function = resources.with_inputs(store, project_id, store.functions.get(lf_id))
    shards = store.documents.shards(project_id)
    n = sum(shard.n_docs for shard in shards)
    said = np.full(n, ABSTAIN, np.int16)
    asked = np.zeros(n, np.bool_)
    faulted: set[int] = set()
    for shard in shards:
        part = store.votes.load(function.fingerprint, shard)
        if part is None:
            continue
        rows = slice(shard.first_doc_id, shard.first_doc_id + shard.n_docs)
        said[rows], asked[rows] = part.votes, True
        for fault in part.faults:
            faulted.update(fault.doc_ids)
            if fault.doc_id is not None:
                faulted.add(fault.doc_id)
    return FunctionVotes(said, asked, np.array(sorted(faulted), np.int64))


def agreement(store: Store, project_id: int) -> NDArray[np.int8]:
    """Return int8 ``[n_docs]``: 0 no function voted, 1 those that did agree, 2 they do not."""
    # With the project: others may have the same documents, and other votes from a file.
    key = fingerprint("agreement", project_id, votes.votes_fingerprint(store, project_id))
    known = store.arrays.load("agreement", key)
    if known is None:
        known = _agreement(store, project_id)
        store.arrays.save("agreement", key, known)
    return known


def labels_mask(labels: NDArray[np.int16], wanted: Iterable[int]) -> Mask:
    """Return bool ``[n_docs]``: whether each label is among the wanted ones.

    ``NO_LABEL`` and ``ANY_LABEL`` of ``core.filters`` may be among them.
    """
    found = np.zeros(len(labels), np.bool_)
    for one in wanted:
        if one == ANY_LABEL:
            found |= labels != ABSTAIN
        else:
            found |= labels == (ABSTAIN if one == NO_LABEL else one)
    return found


def _parts(store: Store, project_id: int, query: DocumentFilter) -> Iterable[Mask]:
    n = store.documents.count(project_id)
    if query.doc_ids is not None:
        named = np.asarray(query.doc_ids, np.int64).reshape(-1)
        yield _at(named[(named >= 0) & (named < n)], n)
    if query.gold:
        yield labels_mask(store.annotations.gold(project_id), query.gold)
    if query.weak or query.confidence is not None:
        yield _weak(store, project_id, query, n)
    for vote in query.votes:
        yield _vote(store, project_id, vote)
    if query.agreement is not None:
        yield np.isin(agreement(store, project_id), _AGREEMENT[query.agreement])
    for run in query.runs:
        yield _run(store, project_id, run)


def _weak(store: Store, project_id: int, query: DocumentFilter, n: int) -> Mask:
    weak = decided.of_weak_labels(store, project_id)
    if weak is None:
        # Before a fit nothing has a weak label, so only "no weak label" lets documents through.
        return np.full(n, NO_LABEL in query.weak and query.confidence is None, np.bool_)
    found = labels_mask(weak.labels, query.weak or (ANY_LABEL,))
    if query.confidence is not None:
        low, high = query.confidence
        with np.errstate(invalid="ignore"):
            # The ends as they are shown, in whole percents, must let their own documents through.
            found &= (weak.confidence >= low - 1e-6) & (weak.confidence <= high + 1e-6)
    return found


def _vote(store: Store, project_id: int, asked: VoteCondition) -> Mask:
    said = function_votes(store, project_id, asked.lf_id)
    if asked.state is VoteState.FAULTED:
        return _at(said.faulted[said.faulted < len(said.votes)], len(said.votes))
    if asked.state is VoteState.ABSTAINED:
        found = said.asked & (said.votes == ABSTAIN)
        found[said.faulted[said.faulted < len(found)]] = False
        return found
    found = said.votes != ABSTAIN if asked.label is None else said.votes == asked.label
    return found & _judged(store, project_id, asked.state.value, said.votes)


def _run(store: Store, project_id: int, asked: RunCondition) -> Mask:
    labels = decided.of_run(store, project_id, asked.run_id).labels
    found = labels != ABSTAIN if asked.label is None else labels == asked.label
    return found & _judged(store, project_id, asked.state.value, labels)


def _judged(store: Store, project_id: int, state: str, labels: NDArray[np.int16]) -> Mask:
    if state not in (RunState.WRONG.value, RunState.RIGHT.value):
        return np.ones(len(labels), np.bool_)
    gold = decided.fit_to(store.annotations.gold(project_id), len(labels), ABSTAIN)
    same: Mask = gold == labels
    return (gold != ABSTAIN) & (same if state == RunState.RIGHT.value else ~same)


def _agreement(store: Store, project_id: int) -> NDArray[np.int8]:
    functions = votes.enabled_functions(store, project_id)
    parts = [np.zeros(0, np.int8)]
    for block in votes.blocks(store, functions, store.documents.shards(project_id)):
        first = np.full(block.n_docs, ABSTAIN, np.int16)
        differ = np.zeros(block.n_docs, np.bool_)
        for column in block.columns:
            if column is not None:
                voted = column != ABSTAIN
                differ |= voted & (first != ABSTAIN) & (column != first)
                np.copyto(first, column, where=voted)
        parts.append(np.where(differ, 2, first != ABSTAIN).astype(np.int8))
    return np.concatenate(parts)


def _at(doc_ids: NDArray[np.int64], n: int) -> Mask:
    found = np.zeros(n, np.bool_)
    found[doc_ids] = True
    return found
