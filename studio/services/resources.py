"""What labeling functions of a project may ask for, and what their votes rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import NotFound
from studio.core.functions import LabelingFunction
from studio.core.jobs import Progress, no_progress
from studio.core.lexicons import Lexicon
from studio.core.options import parse_options
from studio.importers.quality.languages import languages_of
from studio.labeling.base import Asking, ShardSource, kinds
from studio.labeling.imports import lexicon_names
from studio.labeling.resources import PLAIN, Completion, Sampling
from studio.services import completions, embeddings, run_votes
from studio.services.endpoints import endpoint_fingerprint
from studio.services.quality_columns import language_column
from studio.storage.store import Store

MISSING = "missing"
"""The fingerprint of what is not there: votes that rested on it are stale."""


@dataclass(frozen=True)
class ProjectResources:
    """What a project offers to labeling functions; see ``studio.labeling.resources``.

    A lexicon is read once, so that all documents of one job are voted on with the same terms.
    """

    store: Store
    project_id: int
    _lexicons: dict[str, Lexicon] = field(default_factory=dict, repr=False, compare=False)

    def lexicon(self, name: str) -> Lexicon:
        """See :class:`studio.labeling.resources.Resources`."""
        if name not in self._lexicons:
            self._lexicons[name] = self.store.lexicons.get(self.project_id, name).lexicon
        return self._lexicons[name]

    def embeddings(
        self, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """See :class:`studio.labeling.resources.Resources`."""
        return embeddings.of_source(self.store, self.project_id, source, progress=progress)

    def embed(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """See :class:`studio.labeling.resources.Resources`."""
        return embeddings.of_texts(self.store, texts, progress=progress)

    def predictions(
        self, run: int, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """See :class:`studio.labeling.resources.Resources`."""
        return run_votes.of_source(self.store, self.project_id, run, source, progress=progress)

    def languages(self, source: ShardSource, *, progress: Progress = no_progress) -> Sequence[str]:
        """See :class:`studio.labeling.resources.Resources`."""
        for shard in self.store.documents.shards(self.project_id):
            if shard.path == source.path:
                return language_column(self.store, shard, progress=progress)
        found: list[str] = []
        for part in source.texts():
            found += languages_of([text or "" for text in part.to_pylist()])
            progress(len(found) / source.n_docs, "languages")
        return found

    def complete(
        self,
        endpoint: str,
        prompts: Sequence[str],
        *,
        sampling: Sampling = PLAIN,
        progress: Progress = no_progress,
    ) -> Sequence[Completion]:
        """See :class:`studio.labeling.resources.Resources`."""
        return completions.complete(
            self.store, self.project_id, endpoint, prompts, sampling=sampling, progress=progress
        )


def asking(store: Store, project_id: int, progress: Progress = no_progress) -> Asking:
    """Return what every kind of labeling function of a project is told."""
    return Asking(
        schema=store.projects.get(project_id).schema,
        policy=store.settings.code_policy,
        progress=progress,
        resources=ProjectResources(store, project_id),
    )


def lexicons_in(store: Store, project_id: int, code: str) -> dict[str, Lexicon]:
    """Return the lexicons that Python code imports, by name.

    Raises
    ------
    NotFound
        If the project has none of a name; the message names those there are.
    """
    names = lexicon_names(code)
    return {name: store.lexicons.get(project_id, name).lexicon for name in names}


def choices(store: Store, project_id: int) -> dict[str, list[tuple[Any, str]]]:
    """Return what the project offers where an option asks for it: values and titles by hint."""
    columns = store.documents.metadata_columns(project_id)
    usable = run_votes.usable_runs(store, project_id)
    return {
        "lexicon": [(name, name) for name in sorted(store.lexicons.fingerprints(project_id))],
        "run": [(r.run_id, f"{r.run_id}: {r.name}") for r in usable],
        "endpoint": [(e.name, f"{e.name} ({e.model})") for e in store.endpoints.list()],
        "column": [(name, name) for name in columns],
    }


def functions_of(store: Store, project_id: int) -> list[LabelingFunction]:
    """Return all labeling functions of a project, with what their votes rest on.

    A function that rests on a lexicon, say, gets another fingerprint when the lexicon changes:
    its votes are then missing, and are computed anew.
    """
    grounds = _Grounds(store, project_id)
    return [_with_inputs(grounds, f) for f in store.functions.list(project_id)]


def with_inputs(store: Store, project_id: int, function: LabelingFunction) -> LabelingFunction:
    """Return a labeling function with the fingerprints of what its votes rest on."""
    return _with_inputs(_Grounds(store, project_id), function)


def _with_inputs(grounds: _Grounds, function: LabelingFunction) -> LabelingFunction:
    kind = kinds.get(function.kind)
    options = parse_options(kind.Options, dict(function.options), what=function.name)
    inputs = {name: grounds.fingerprint(name) for name in kind().inputs(options)}
    return replace(function, inputs=inputs) if inputs else function


@dataclass(frozen=True)
class _Grounds:
    """The fingerprints of what votes of a project can rest on; never raises for what is gone."""

    store: Store
    project_id: int

    def fingerprint(self, needed: str) -> str:
        sort, _, name = needed.partition(":")
        match sort:
            case "lexicon":
                return self._lexicons.get(name, MISSING)
            case "run":
                return run_votes.run_fingerprint(self.store, self.project_id, int(name))
            case "endpoint":
                return endpoint_fingerprint(self.store, self.project_id, name)
        raise NotFound(f"A labeling function rests on {needed!r}, which is not known here.")

    @cached_property
    def _lexicons(self) -> Mapping[str, str]:
        return self.store.lexicons.fingerprints(self.project_id)
