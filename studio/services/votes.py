"""The votes of a project: as a matrix, as columns, and on one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid, NotFound
from studio.core.fingerprints import fingerprint
from studio.core.functions import LabelingFunction, Votes
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix
from studio.services import resources
from studio.storage.documents import Shard
from studio.storage.store import Store

Column = NDArray[np.int16]

Mark = Literal["right", "wrong", "voted", "abstains", "fault", "not applied"]
"""How a vote stands to gold; "voted" where the document has none."""


@dataclass(frozen=True)
class Block:
    """A run of documents and what each function says of them.

    ``columns`` are int16 ``[n_docs]``, in the order of the functions; None where one was not
    asked yet.
    """

    first_doc_id: int
    n_docs: int
    columns: tuple[Column | None, ...]


def enabled_functions(store: Store, project_id: int) -> list[LabelingFunction]:
    """Return the functions that are switched on, with what their votes rest on."""
    return [f for f in resources.functions_of(store, project_id) if f.enabled]


def vote_matrix(store: Store, project_id: int) -> VoteMatrix:
    """Return the votes of all enabled labeling functions on all documents.

    A function that has not seen a document yet abstains on it.

    Raises
    ------
    Invalid
        If there is no enabled labeling function.
    """
    functions = enabled_functions(store, project_id)
    if not functions:
        raise Invalid("No labeling function is switched on. Write one, or switch one on.")
    return matrix_of(store, project_id, functions)


def matrix_of(store: Store, project_id: int, functions: Sequence[LabelingFunction]) -> VoteMatrix:
    """Return the votes of some labeling functions on all documents."""
    shards = store.documents.shards(project_id)
    n = sum(shard.n_docs for shard in shards)
    votes = np.full((n, len(functions)), ABSTAIN, np.int16)
    for block in blocks(store, functions, shards):
        rows = slice(block.first_doc_id, block.first_doc_id + block.n_docs)
        for number, column in enumerate(block.columns):
            if column is not None:
                votes[rows, number] = column
    k = store.projects.get(project_id).schema.cardinality
    names = tuple(f.name for f in functions)
    return VoteMatrix(votes, np.arange(n, dtype=np.int64), names, k)


def blocks(
    store: Store, functions: Sequence[LabelingFunction], shards: Sequence[Shard]
) -> Iterator[Block]:
    """Iterate over all documents, a shard at a time: memory does not grow with them."""
    for shard in shards:
        found = [store.votes.load(f.fingerprint, shard) for f in functions]
        columns = tuple(None if part is None else part.votes for part in found)
        yield Block(shard.first_doc_id, shard.n_docs, columns)


def votes_at(
    store: Store, function: LabelingFunction, shards: Sequence[Shard], doc_ids: NDArray[np.int64]
) -> Column:
    """Return the votes of a function on some documents, in their order.

    ``ABSTAIN`` where it was not asked yet.
    """
    votes = np.full(len(doc_ids), ABSTAIN, np.int16)
    for shard in shards:
        rows = doc_ids - shard.first_doc_id
        inside = (rows >= 0) & (rows < shard.n_docs)
        part = store.votes.load(function.fingerprint, shard) if inside.any() else None
        if part is not None:
            votes[inside] = part.votes[rows[inside]]
    return votes


def column_of(store: Store, function: LabelingFunction, shards: Sequence[Shard]) -> Column | None:
    """Return the votes of a function on all documents; None if it was never asked."""
    n = sum(shard.n_docs for shard in shards)
    votes = np.full(n, ABSTAIN, np.int16)
    asked = False
    for block in blocks(store, [function], shards):
        if block.columns[0] is not None:
            asked = True
            votes[block.first_doc_id : block.first_doc_id + block.n_docs] = block.columns[0]
    return votes if asked else None


def votes_fingerprint(store: Store, project_id: int) -> str:
    """Return what the vote matrix is made of; it changes when a function or document does."""
    return fingerprint_of(store, project_id, enabled_functions(store, project_id))


Unsettled = Mapping[str, Sequence[tuple[str, int]]]
"""By function, what of its votes is missing; see ``VoteColumns.unsettled``."""


def unsettled_of(
    store: Store, project_id: int, functions: Sequence[LabelingFunction]
) -> Unsettled:
    """Return what is missing of the votes of functions, by name: two looks at each file."""
    shards = store.documents.shards(project_id)
    return {f.name: store.votes.unsettled(f.fingerprint, shards) for f in functions}


def fingerprint_of(
    store: Store,
    project_id: int,
    functions: Sequence[LabelingFunction],
    unsettled: Unsettled | None = None,
) -> str:
    """Return what the votes of some functions are made of.

    ``unsettled`` spares the look at the files where the caller had it already.
    """
    shards = store.documents.shards(project_id)
    parts = [[f.name, f.fingerprint] for f in functions]
    known = unsettled_of(store, project_id, functions) if unsettled is None else unsettled
    missing = [[f.name, known[f.name]] for f in functions]
    return fingerprint(parts, [s.fingerprint for s in shards], missing)


def coverage(store: Store, project_id: int) -> float | None:
    """Return the share of documents with a vote; None if nothing was applied yet."""
    functions = enabled_functions(store, project_id)
    shards = store.documents.shards(project_id)
    if not functions or not shards:
        return None
    if all(len(store.votes.missing(f.fingerprint, shards)) == len(shards) for f in functions):
        return None
    key = fingerprint("coverage", fingerprint_of(store, project_id, functions))
    known = store.explanations.find(key)
    if known is None:
        n_covered = 0
        for block in blocks(store, functions, shards):
            n_covered += int(covered(block).sum())
        known = {"coverage": n_covered / sum(shard.n_docs for shard in shards)}
        store.explanations.save(key, known)
    return float(known["coverage"])


def covered(block: Block) -> NDArray[np.bool_]:
    """Return for each document of a block whether any function voted, bool ``[n_docs]``."""
    any_vote = np.zeros(block.n_docs, np.bool_)
    for column in block.columns:
        if column is not None:
            any_vote |= column != ABSTAIN
    return any_vote


def vote_on(store: Store, project_id: int, doc_id: int) -> dict[int, tuple[int, Mark]]:
    """Return what each labeling function says of one document, by its id.

    Returns
    -------
    dict[int, tuple[int, Mark]]
        The vote, ``ABSTAIN`` for none, and how it stands to gold. Functions that are switched
        off are there too.

    Raises
    ------
    NotFound
        If there is no such document.
    """
    shards = store.documents.shards(project_id)
    n = sum(shard.n_docs for shard in shards)
    if not 0 <= doc_id < n:
        raise NotFound(f"There is no document {doc_id}; the project has {n}.")
    shard = next(s for s in shards if s.first_doc_id <= doc_id < s.first_doc_id + s.n_docs)
    gold = int(store.annotations.gold(project_id)[doc_id])
    found: dict[int, tuple[int, Mark]] = {}
    for function in resources.functions_of(store, project_id):
        assert function.lf_id is not None
        part = store.votes.load(function.fingerprint, shard)
        found[function.lf_id] = _marked(part, shard, doc_id, gold)
    return found


def _marked(part: Votes | None, shard: Shard, doc_id: int, gold: int) -> tuple[int, Mark]:
    if part is None:
        return ABSTAIN, "not applied"
    vote = int(part.votes[doc_id - shard.first_doc_id])
    if vote == ABSTAIN:
        failed = any(doc_id in (fault.doc_id, *fault.doc_ids) for fault in part.faults)
        return ABSTAIN, "fault" if failed else "abstains"
    return vote, "voted" if gold == ABSTAIN else "right" if vote == gold else "wrong"
