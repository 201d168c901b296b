"""What is stored together with new documents, in the transaction that brings them in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import LabelingFunction, Votes
from studio.core.schema import ABSTAIN
from studio.core.users import User
from studio.services import quality_columns
from studio.services.intake import Column, Intake, Outcome
from studio.storage.documents import Shard
from studio.storage.store import Store


class Published:
    """New shards of a project, and what belongs to their documents.

    Parameters
    ----------
    shards
        As the writer committed them; none if every row was merged into a document that was there.
    """

    def __init__(
        self, store: Store, actor: User, project_id: int, *, shards: tuple[Shard, ...]
    ) -> None:
        self._store = store
        self._actor = actor.name
        self._project_id = project_id
        self._shards = shards

    def keep(self, intake: Intake, outcome: Outcome) -> int:
        """Store labels, votes and originals; return the number of gold labels."""
        first = self._shards[0].first_doc_id if self._shards else 0
        self._store.masked.add(self._project_id, intake.masked(first))
        n_gold = self._keep_gold(first, outcome)
        keys, flags = intake.keys(), intake.flags()
        for shard in self._shards:
            part = slice(shard.first_doc_id - first, shard.first_doc_id - first + shard.n_docs)
            quality_columns.keep(self._store, shard, quality_columns.KEYS, keys[part])
            quality_columns.keep(self._store, shard, quality_columns.FLAGS, flags[part])
        for name, column in outcome.votes.items():
            function = self._votes_function(name, outcome.old_votes.get(name))
            for shard in self._shards:
                start = shard.first_doc_id - first
                votes = Votes(column[start : start + shard.n_docs])
                self._store.votes.save(function.fingerprint, shard, votes)
        self._store.events.add(
            self._project_id, self._actor, "import", f"{intake.n_kept} documents, {n_gold} gold"
        )
        return n_gold

    def _keep_gold(self, first: int, outcome: Outcome) -> int:
        new = np.flatnonzero(outcome.labels != ABSTAIN)
        old = np.flatnonzero(outcome.old_labels != ABSTAIN)
        ids = np.concatenate([old, new + first]).astype(np.int64)
        labels = np.concatenate([outcome.old_labels[old], outcome.labels[new]])
        if len(ids):
            self._store.annotations.add_gold(self._project_id, ids, labels, actor=self._actor)
        return len(ids)

    def _votes_function(self, name: str, given: Column | None) -> LabelingFunction:
        """Return the function of a vote column, with what merged rows say of older documents."""
        for function in self._store.functions.list(self._project_id):
            if function.name == name and function.kind == "votes":
                break
        else:
            fresh = LabelingFunction(name=name, kind="votes", options={"column": name})
            function = self._store.functions.add(self._project_id, fresh, self._actor)
        if given is None or not (given != ABSTAIN).any():
            return function
        return self._with_older(function, given)

    def _with_older(
        self, function: LabelingFunction, given: NDArray[np.int16]
    ) -> LabelingFunction:
        """Return a new version that has votes on documents that were there before.

        A new version has files of its own: the old ones stay as they are if this transaction
        fails, and all that rests on the old votes is seen to be stale.
        """
        assert function.lf_id is not None
        old = [s for s in self._store.documents.shards(self._project_id) if s not in self._shards]
        columns = [self._merged(function, s, given) for s in old]
        if all(column is None for column, _ in columns):
            return function
        options = {**function.options, "revision": function.options.get("revision", 0) + 1}
        newer = self._store.functions.save_version(function.lf_id, "votes", options, self._actor)
        for shard, (column, before) in zip(old, columns, strict=True):
            self._store.votes.save(newer.fingerprint, shard, before if column is None else column)
        return newer

    def _merged(
        self, function: LabelingFunction, shard: Shard, given: NDArray[np.int16]
    ) -> tuple[Votes | None, Votes]:
        """Return the votes on a shard with what is given, None if it adds nothing; and before."""
        found = self._store.votes.load(function.fingerprint, shard)
        before = found or Votes(np.full(shard.n_docs, ABSTAIN, np.int16))
        part = given[shard.first_doc_id : shard.first_doc_id + shard.n_docs]
        merged = np.where(before.votes == ABSTAIN, part, before.votes).astype(np.int16)
        same = np.array_equal(merged, before.votes)
        return (None if same else Votes(merged, before.faults, before.tier)), before
