"""One trial: vote on the sample, hold the votes against gold, pins and combined labels."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import Fault, LabelingFunction
from studio.core.jobs import Progress
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking
from studio.services import flips, pins, resources, votes
from studio.services.flips import Combined
from studio.services.sample_files import write_documents
from studio.services.trial_results import MOST_IDS, Trial
from studio.storage.store import Store

Ids = NDArray[np.int64]
Column = NDArray[np.int16]
Row = tuple[int, int, int | None, int | None]

FLIP_DOCS = 50_000
"""Up to so many documents combined labels are compared on all of them, else on the sample."""


@dataclass(frozen=True)
class _Run:
    """Votes of the draft on some documents, ascending ids, and how long they took."""

    ids: Ids
    votes: Column
    faults: tuple[Fault, ...]
    slowest: tuple[tuple[int, float], ...]
    tier: str
    seconds: float

    def only(self, ids: Ids) -> Column:
        return self.votes[np.searchsorted(self.ids, ids)]


class Trying:
    """Tries one draft.

    Parameters
    ----------
    draft
        The function to try.
    old
        The saved function that it would replace; None for a new one.
    """

    def __init__(
        self,
        store: Store,
        project_id: int,
        draft: LabelingFunction,
        old: LabelingFunction | None,
        *,
        progress: Progress,
    ) -> None:
        self._store = store
        self._project_id = project_id
        self._draft = draft
        self._old = old
        self._progress = progress
        self._schema = store.projects.get(project_id).schema
        lf_id = old.lf_id if old else None
        self._pins = store.pins.list(project_id, lf_id) if lf_id is not None else []

    def run(self, ids: Ids, *, seconds_for_flips: float, share: int = 1) -> Trial:
        """Vote on the sample and say what came of it.

        Parameters
        ----------
        ids
            The sample: document ids, ascending.
        seconds_for_flips
            Voting on all documents may take so long; else flips are those of the sample.
        share
            How many trials share the room in a job's result.
        """
        pinned = np.array([pin.doc_id for pin in self._pins], np.int64)
        run = self._vote(np.union1d(ids, pinned))
        self._progress(0.4, f"{self._draft.name}: comparing")
        drafted = self._vote_on_all(run, ids, seconds_for_flips)
        combined = self._combine(drafted)
        gold = self._store.annotations.gold(self._project_id)
        compared = None
        if combined is not None:
            k = self._schema.cardinality
            compared = flips.compare(combined, gold[combined.doc_ids], k)
        checks = pins.check_votes(self._pins, _by_document(run.ids, run.votes))
        said = run.only(ids)
        judged = (said != ABSTAIN) & (gold[ids] != ABSTAIN)
        lists = self._lists(run, ids, gold, combined=combined)
        lists["pins"] = np.array([check.pin.doc_id for check in checks], np.int64)
        counts = {chip: len(found) for chip, found in lists.items()}
        counts["faults"] = sum(fault.count for fault in run.faults)
        return Trial(
            project_id=self._project_id,
            name=self._draft.name,
            kind=self._draft.kind,
            options=self._draft.options,
            n_docs=len(ids),
            n_votes=int((said != ABSTAIN).sum()),
            n_gold=int(judged.sum()),
            right=int((judged & (said == gold[ids])).sum()),
            tier=run.tier,
            seconds=run.seconds,
            chips=counts,
            n_pins_broken=sum(check.holds is False for check in checks),
            flips=compared,
            faults=run.faults,
            slowest=run.slowest,
            listed=_listed(
                lists,
                {**_by_document(*drafted), **_by_document(run.ids, run.votes)},
                combined,
                most=max(50, MOST_IDS // share),
            ),
            pins=tuple(check.pin for check in checks),
        )

    def _vote(self, ids: Ids) -> _Run:
        """Vote on some documents, written to a file of their own."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sample.arrow"
            write_documents(self._store, self._project_id, ids, path)
            start = time.perf_counter()
            found = apply_function(self._draft, path, self._asking(0.4))
            seconds = time.perf_counter() - start
        return _Run(
            ids=ids,
            votes=np.asarray(found.votes, np.int16),
            faults=tuple(_at(fault, ids) for fault in found.faults),
            slowest=tuple((int(ids[row]), taken) for row, taken in found.slowest),
            tier=found.tier,
            seconds=seconds,
        )

    def _vote_on_all(self, run: _Run, ids: Ids, may_take: float) -> tuple[Ids, Column]:
        """Return the documents to compare combined labels on, and the draft's votes on them."""
        n = self._store.documents.count(self._project_id)
        seconds = run.seconds * n / max(1, len(run.ids))
        if len(ids) == n or n > FLIP_DOCS or seconds > may_take:
            return ids, run.only(ids)
        parts = [
            apply_function(self._draft, shard.path, self._asking(0.0)).votes
            for shard in self._store.documents.shards(self._project_id)
        ]
        return np.arange(n, dtype=np.int64), np.concatenate(parts).astype(np.int16)

    def _combine(self, drafted: tuple[Ids, Column]) -> Combined | None:
        ids, column = drafted
        store, project_id = self._store, self._project_id
        functions = votes.enabled_functions(store, project_id)
        shards = store.documents.shards(project_id)
        columns = [votes.votes_at(store, f, shards, ids) for f in functions]
        before = VoteMatrix(
            np.column_stack([np.zeros((len(ids), 0), np.int16), *columns]),
            ids,
            tuple(f.name for f in functions),
            self._schema.cardinality,
        )
        old = self._old.name if self._old else None
        after = flips.replaced(before, column, self._draft.name, instead_of=old)

        def report(fraction: float, message: str = "") -> None:
            self._progress(0.4 + 0.6 * fraction, message)

        return flips.combine(store, project_id, before, after, progress=report)

    def _lists(
        self, run: _Run, ids: Ids, gold: Column, *, combined: Combined | None
    ) -> dict[str, Ids]:
        """Return the documents behind each chip, those first that the author wants to see."""
        said, truth = run.only(ids), gold[ids]
        voted, known = said != ABSTAIN, truth != ABSTAIN
        wrong = voted & known & (said != truth)
        missed = ~voted & known & np.isin(truth, self._labels(said))
        failed = {doc for fault in run.faults for doc in (fault.doc_id, *fault.doc_ids)}
        return {
            "hits": np.concatenate([ids[wrong], ids[voted & ~wrong]]),
            "wrong": ids[wrong],
            "misses": ids[missed],
            "flips": _flipped(combined, gold),
            "faults": np.array(sorted(d for d in failed if d is not None), np.int64),
        }

    def _labels(self, said: Column) -> list[int]:
        """Return the labels that the function votes for: in the sample, or by its options."""
        labels = set(np.unique(said[said != ABSTAIN]).tolist())
        named = self._draft.options.get("label")
        if named is not None and self._schema.knows(named):
            labels.add(self._schema.parse(named))
        return sorted(labels)

    def _asking(self, part: float) -> Asking:
        def report(fraction: float, message: str = "") -> None:
            self._progress(part * fraction, self._draft.name)

        return resources.asking(self._store, self._project_id, report)


def _listed(
    lists: Mapping[str, Ids],
    said: Mapping[int, int],
    combined: Combined | None,
    *,
    most: int,
) -> dict[str, Sequence[Row]]:
    """Return the first documents of each list as ``(doc_id, vote, before, after)``."""
    changes: dict[int, tuple[int, int]] = {}
    if combined is not None:
        where = combined.changed
        pairs = zip(combined.before[where].tolist(), combined.after[where].tolist(), strict=True)
        changes = dict(zip(combined.doc_ids[where].tolist(), pairs, strict=True))
    nothing = (None, None)
    return {
        chip: [
            (doc_id, said.get(doc_id, ABSTAIN), *changes.get(doc_id, nothing))
            for doc_id in ids[:most].tolist()
        ]
        for chip, ids in lists.items()
    }


def _by_document(ids: Ids, said: Column) -> dict[int, int]:
    return dict(zip(ids.tolist(), said.tolist(), strict=True))


def _flipped(combined: Combined | None, gold: Column) -> Ids:
    """Return the documents whose combined label changes; those that become wrong first."""
    if combined is None:
        return np.zeros(0, np.int64)
    ids = combined.doc_ids[combined.changed]
    truth = gold[ids]
    was = combined.before[combined.changed] == truth
    will = combined.after[combined.changed] == truth
    rank = np.where(truth == ABSTAIN, 2, np.where(was, 0, np.where(will, 1, 2)))
    return ids[np.argsort(rank, kind="stable")]


def _at(fault: Fault, ids: Ids) -> Fault:
    """Turn the rows of a fault into the ids of documents."""
    doc_id = None if fault.doc_id is None else int(ids[fault.doc_id])
    return replace(fault, doc_id=doc_id, doc_ids=tuple(int(ids[row]) for row in fault.doc_ids))
