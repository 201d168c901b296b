"""The pairwise view: overlap, conflict and agreement of all pairs of labeling functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.functions import LabelingFunction
from studio.core.jobs import Job, Progress, no_progress
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.pairwise import Pairs, PairTally, near_copies
from studio.services import resources, votes
from studio.storage.store import Store

AT_ONCE = 5_000_000
"""Documents times functions that are counted without a job: less than 50 ms."""


@dataclass(frozen=True)
class NearCopy:
    """Two labeling functions that say nearly the same.

    ``agreement`` is the share of the ``n_shared`` documents both vote on where they vote alike;
    ``sentence`` says so for people.
    """

    first: str
    second: str
    first_id: int
    second_id: int
    agreement: float
    n_shared: int
    sentence: str


@dataclass(frozen=True)
class PairView:
    """All pairs of the labeling functions that are switched on.

    ``names`` and ``lf_ids`` give the order of rows and columns of the matrices in ``pairs``;
    ``copies`` are the pairs that say nearly the same, those most alike first.
    """

    names: tuple[str, ...]
    lf_ids: tuple[int, ...]
    pairs: Pairs
    copies: tuple[NearCopy, ...]


def view(store: Store, project_id: int) -> PairView | None:
    """Return the pairwise view of the present votes; None where a job must count them first.

    Small projects are counted at once; see :func:`start_pairwise` for the others.

    Raises
    ------
    Invalid
        If fewer than two labeling functions are switched on.
    """
    functions = _functions(store, project_id)
    known = store.explanations.find(_key(store, project_id, functions))
    if known is None:
        if store.documents.count(project_id) * len(functions) > AT_ONCE:
            return None
        return count(store, project_id)
    return _view(functions, known)


def start_pairwise(store: Store, actor: User, project_id: int) -> int:
    """Queue the counting of all pairs and return the job's id; :func:`view` has the result.

    Raises
    ------
    Invalid
        If fewer than two labeling functions are switched on.
    """
    actor.require(Role.VIEWER)
    _functions(store, project_id)
    return enqueue(store, "pairwise", {}, project_id=project_id, actor=actor.name)


@handles("pairwise", lane="interactive")
def run_pairwise(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Count all pairs; the result is kept by what the votes are made of."""
    assert job.project_id is not None
    found = count(store, job.project_id, progress)
    return {"functions": len(found.names), "near_copies": len(found.copies)}


def count(store: Store, project_id: int, progress: Progress = no_progress) -> PairView:
    """Count all pairs and keep the result; memory holds one shard of votes."""
    functions = _functions(store, project_id)
    key = _key(store, project_id, functions)
    shards = store.documents.shards(project_id)
    tally = PairTally(len(functions), store.projects.get(project_id).schema.cardinality)
    for done, block in enumerate(votes.blocks(store, functions, shards)):
        tally.add(block.columns, block.n_docs)
        progress((done + 1) / len(shards), "Comparing labeling functions")
    pairs = tally.result()
    raw = {
        "n_docs": pairs.n_docs,
        "shared": pairs.shared.tolist(),
        "alike": pairs.alike.tolist(),
        "copies": [[functions[a].name, functions[b].name] for a, b in near_copies(pairs)],
    }
    store.explanations.save(key, raw)
    return _view(functions, raw)


def copies_by_name(
    store: Store,
    project_id: int,
    functions: Sequence[LabelingFunction],
    unsettled: votes.Unsettled,
) -> dict[str, tuple[str, ...]]:
    """Return the near-copies of each function that has some; empty before they were counted.

    Parameters
    ----------
    functions, unsettled
        All functions of the project, and what is missing of their votes.
    """
    on = [f for f in functions if f.enabled]
    known = store.explanations.find(_key(store, project_id, on, unsettled))
    found: dict[str, tuple[str, ...]] = {}
    for first, second in known["copies"] if known else ():
        found[first] = (*found.get(first, ()), second)
        found[second] = (*found.get(second, ()), first)
    return found


def documents_of_pair(
    store: Store, project_id: int, first: int, second: int, *, conflict: bool = False
) -> NDArray[np.int64]:
    """Return the documents on which two functions both vote, ascending.

    Parameters
    ----------
    first, second
        Ids of labeling functions.
    conflict
        Only those on which they vote differently.

    Raises
    ------
    Invalid
        If one of them is none of this project's.
    """
    by_id = {f.lf_id: f for f in resources.functions_of(store, project_id)}
    unknown = [lf_id for lf_id in (first, second) if lf_id not in by_id]
    if unknown:
        raise Invalid(f"The project has no labeling function {unknown[0]}. Open the view again.")
    shards = store.documents.shards(project_id)
    parts = [np.zeros(0, np.int64)]
    for block in votes.blocks(store, [by_id[first], by_id[second]], shards):
        one, other = block.columns
        if one is not None and other is not None:
            hit = (one >= 0) & (other >= 0)
            hit &= (one != other) if conflict else True
            parts.append(np.flatnonzero(hit) + block.first_doc_id)
    return np.concatenate(parts).astype(np.int64)


def _functions(store: Store, project_id: int) -> list[LabelingFunction]:
    functions = votes.enabled_functions(store, project_id)
    if len(functions) < 2:
        raise Invalid("Pairs need two labeling functions that are switched on. Write another one.")
    return functions


def _key(
    store: Store,
    project_id: int,
    functions: list[LabelingFunction],
    unsettled: votes.Unsettled | None = None,
) -> str:
    made_of = votes.fingerprint_of(store, project_id, functions, unsettled)
    return fingerprint("pairwise", made_of)


def _view(functions: list[LabelingFunction], raw: Mapping[str, Any]) -> PairView:
    pairs = Pairs(
        raw["n_docs"], np.array(raw["shared"], np.int64), np.array(raw["alike"], np.int64)
    )
    places = {f.name: number for number, f in enumerate(functions)}
    copies = [
        _near_copy(functions, pairs, places[first], places[second])
        for first, second in raw["copies"]
    ]
    lf_ids = tuple(f.lf_id or 0 for f in functions)
    return PairView(tuple(f.name for f in functions), lf_ids, pairs, tuple(copies))


def _near_copy(
    functions: list[LabelingFunction], pairs: Pairs, first: int, second: int
) -> NearCopy:
    one, other = functions[first], functions[second]
    assert one.lf_id is not None
    assert other.lf_id is not None
    n_shared = int(pairs.shared[first, second])
    agreement = float(pairs.agreement[first, second])
    own = int(pairs.shared[first, first]), int(pairs.shared[second, second])
    return NearCopy(
        first=one.name,
        second=other.name,
        first_id=one.lf_id,
        second_id=other.lf_id,
        agreement=agreement,
        n_shared=n_shared,
        sentence=(
            f"{one.name} and {other.name} say nearly the same: both vote on {n_shared:,} "
            f"documents (of {own[0]:,} and {own[1]:,}) and agree on {agreement:.1%} of them. "
            "Label models count them as two witnesses; keep one, or join them."
        ),
    )
