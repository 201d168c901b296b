"""Phrases as labeling functions that nobody has saved yet: what they and the others vote."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.functions import LabelingFunction
from studio.core.schema import ABSTAIN
from studio.labeling.apply import apply_function
from studio.labeling.suggesting import MAX_ALIKE, Phrase, alike, name_for
from studio.services import labeling, resources, votes
from studio.services.sample_files import write_documents
from studio.storage.store import Store

Ids = NDArray[np.int64]
Column = NDArray[np.int16]

KIND = "keyword"
_SEED = 0


def draft_of(store: Store, project_id: int, phrase: Phrase) -> LabelingFunction:
    """Return the function that votes for the label of a phrase where it is found."""
    schema = store.projects.get(project_id).schema
    options = {
        "label": schema.name_of(phrase.label),
        "keywords": [phrase.text],
        "whole_words": phrase.whole_words,
    }
    values = labeling.check_options(store, project_id, KIND, options)
    return LabelingFunction(name_for(phrase.text, ()), KIND, values)


def votes_on(store: Store, project_id: int, phrases: Sequence[Phrase], ids: Ids) -> list[Column]:
    """Return the votes of each phrase's function on some documents, ascending ids."""
    if not len(ids) or not phrases:
        return [np.full(len(ids), ABSTAIN, np.int16) for _ in phrases]
    asking = resources.asking(store, project_id)
    with tempfile.TemporaryDirectory() as folder:
        path = write_documents(store, project_id, ids, Path(folder) / "drawn.arrow")
        return [
            np.asarray(apply_function(draft_of(store, project_id, p), path, asking).votes)
            for p in phrases
        ]


class Others:
    """What the functions of a project say of some documents."""

    def __init__(self, store: Store, project_id: int, ids: Ids) -> None:
        shards = store.documents.shards(project_id)
        self._columns = {
            f.name: votes.votes_at(store, f, shards, ids)
            for f in resources.functions_of(store, project_id)
        }
        on = [f.name for f in store.functions.list(project_id) if f.enabled]
        self.uncovered = np.ones(len(ids), np.bool_)
        for name in on:
            self.uncovered &= self._columns[name] == ABSTAIN

    def like(self, mask: NDArray[np.bool_], label: int) -> tuple[str, ...]:
        """Return the functions that vote for a label on nearly the same documents."""
        return tuple(
            name
            for name, column in self._columns.items()
            if alike(mask, column == label) >= MAX_ALIKE
        )


def covered_documents(store: Store, project_id: int) -> NDArray[np.bool_]:
    """Return bool ``[n_docs]``: whether a function that is switched on votes."""
    functions = votes.enabled_functions(store, project_id)
    shards = store.documents.shards(project_id)
    parts = [votes.covered(block) for block in votes.blocks(store, functions, shards)]
    return np.concatenate([np.zeros(0, np.bool_), *parts])


def learnable_gold(store: Store, project_id: int) -> Column:
    """Return gold without that of the split test, which nobody may learn from."""
    gold = store.annotations.gold(project_id)
    gold[store.documents.splits(project_id)[: len(gold)] == Split.TEST.code] = ABSTAIN
    return gold


def drawn_documents(n_docs: int, most: int) -> Ids:
    """Return all documents, or ``most`` of them at random, ascending."""
    if n_docs <= most:
        return np.arange(n_docs, dtype=np.int64)
    drawn = np.random.default_rng(_SEED).choice(n_docs, most, replace=False)
    return np.sort(drawn).astype(np.int64)
