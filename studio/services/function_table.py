"""The table of labeling functions: what their votes, gold and pins say of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from studio.core.errors import StudioError
from studio.core.fingerprints import fingerprint
from studio.core.functions import Fault, LabelingFunction, LFSummary, Votes
from studio.core.schema import ABSTAIN
from studio.labeling.analysis import Tally, judged, with_gold
from studio.services import pairwise, pins, resources, votes
from studio.storage.documents import Shard
from studio.storage.store import Store


@dataclass(frozen=True)
class FunctionRow:
    """A labeling function as the table shows it.

    ``stale`` is whether some documents have not been voted on by this version; ``faults`` are the
    reasons why it failed, first occurrence each; ``tier`` names the sandbox that ran it.
    ``last_run`` is when this version voted last, in UTC, None before it ever did.
    ``n_pins_broken`` of its ``n_pins`` pins are not kept. ``near_copies`` names functions that
    say nearly the same; empty until the pairwise view was computed for these votes.
    """

    function: LabelingFunction
    summary: LFSummary
    stale: bool
    faults: tuple[Fault, ...]
    tier: str
    last_run: datetime | None = None
    n_pins: int = 0
    n_pins_broken: int = 0
    near_copies: tuple[str, ...] = ()


def list_functions(store: Store, project_id: int) -> list[FunctionRow]:
    """Return all labeling functions with what their votes say of them.

    Overlaps and conflicts are with the functions that are switched on. What was counted is kept
    until a function, a document or gold changes.
    """
    functions = resources.functions_of(store, project_id)
    shards = store.documents.shards(project_id)
    unsettled = votes.unsettled_of(store, project_id, functions)
    made_of = votes.fingerprint_of(store, project_id, functions, unsettled)
    voted = _voted(store, functions, shards, made_of)
    gold = _gold(store, project_id, functions, made_of)
    pinned = pins.count(store, project_id, functions)
    copies = pairwise.copies_by_name(store, project_id, functions, unsettled)
    rows = []
    for function in functions:
        assert function.lf_id is not None
        known = voted[str(function.lf_id)]
        n_pins, n_broken = pinned.get(function.lf_id, (0, 0))
        rows.append(
            FunctionRow(
                function=function,
                summary=_summary(function, known, gold[str(function.lf_id)]),
                stale=known["n_missing"] > 0,
                faults=tuple(_fault(fault) for fault in known["faults"]),
                tier=known["tier"],
                last_run=datetime.fromisoformat(known["at"]) if known["at"] else None,
                n_pins=n_pins,
                n_pins_broken=n_broken,
                near_copies=copies.get(function.name, ()),
            )
        )
    return rows


def prepare(store: Store, project_id: int) -> None:
    """Count what the table shows, so that the page that opens next need not."""
    try:
        list_functions(store, project_id)
    except StudioError:
        # What a function rests on is gone, say. The page says so, where somebody can mend it.
        return


def _summary(
    function: LabelingFunction, known: Mapping[str, Any], gold: Sequence[int]
) -> LFSummary:
    found = LFSummary(
        name=function.name,
        kind=function.kind,
        polarity=tuple(known["polarity"]),
        coverage=known["coverage"],
        overlaps=known["overlaps"],
        conflicts=known["conflicts"],
        faults=sum(fault["count"] for fault in known["faults"]),
    )
    return with_gold(found, *gold)


def _voted(
    store: Store, functions: Sequence[LabelingFunction], shards: Sequence[Shard], made_of: str
) -> dict[str, Any]:
    """Return what the votes alone say, by the function's id; gold does not change it."""
    on = [[f.lf_id, f.enabled] for f in functions]
    key = fingerprint("function table", on, made_of)
    known = store.explanations.find(key)
    if known is None:
        tally = Tally([f.enabled for f in functions])
        for block in votes.blocks(store, functions, shards):
            tally.add(block.columns, block.n_docs)
        found = tally.summaries([f.name for f in functions], [f.kind for f in functions])
        known = {
            str(function.lf_id): {
                "polarity": summary.polarity,
                "coverage": summary.coverage,
                "overlaps": summary.overlaps,
                "conflicts": summary.conflicts,
                **_run(store, function, shards),
            }
            for function, summary in zip(functions, found, strict=True)
        }
        store.explanations.save(key, known)
    return known


def _run(store: Store, function: LabelingFunction, shards: Sequence[Shard]) -> dict[str, Any]:
    """Return what is kept of the run of a function: faults, tier, and when it was."""
    parts = [store.votes.load(function.fingerprint, shard) for shard in shards]
    present = [part for part in parts if part is not None]
    at = store.votes.voted_at(function.fingerprint, shards)
    return {
        "n_missing": len(store.votes.missing(function.fingerprint, shards)),
        "faults": [asdict(fault) for fault in _merged(present)],
        "tier": next((part.tier for part in present), ""),
        "at": at.isoformat() if at else None,
    }


def _merged(parts: Sequence[Votes]) -> list[Fault]:
    """Return each reason once, however many files of documents it was met in."""
    found: dict[tuple[object, ...], Fault] = {}
    for fault in (fault for part in parts for fault in part.faults):
        key = (fault.exception, fault.message, fault.line, fault.doc_id is None)
        first = found.get(key)
        found[key] = fault if first is None else replace(first, count=first.count + fault.count)
    return list(found.values())


def _fault(raw: Mapping[str, Any]) -> Fault:
    fault = Fault(**raw)
    return replace(fault, doc_ids=tuple(fault.doc_ids))


def _gold(
    store: Store, project_id: int, functions: Sequence[LabelingFunction], made_of: str
) -> dict[str, Any]:
    """Return right votes and votes on gold, by the function's id."""
    shards = store.documents.shards(project_id)
    gold = store.annotations.gold(project_id)[: sum(shard.n_docs for shard in shards)]
    key = fingerprint("function table, gold", [f.lf_id for f in functions], made_of, gold)
    known = store.explanations.find(key)
    if known is None:
        ids = np.flatnonzero(gold != ABSTAIN)
        known = {
            str(f.lf_id): judged(votes.votes_at(store, f, shards, ids), gold[ids])
            for f in functions
        }
        store.explanations.save(key, known)
    return known
