"""What labeling functions of a project may ask for, and what their votes rest on."""

from __future__ import annotations

from dataclasses import replace

from studio.core.errors import NotFound
from studio.core.functions import LabelingFunction
from studio.core.jobs import Progress, no_progress
from studio.core.options import parse_options
from studio.labeling.base import Asking, kinds
from studio.storage.store import Store


def asking(store: Store, project_id: int, progress: Progress = no_progress) -> Asking:
    """Return what every kind of labeling function of a project is told."""
    return Asking(
        schema=store.projects.get(project_id).schema,
        trusted=store.settings.trusted_authors,
        progress=progress,
    )


def functions_of(store: Store, project_id: int) -> list[LabelingFunction]:
    """Return all labeling functions of a project, with what their votes rest on.

    A function that rests on a lexicon, say, gets another fingerprint when the lexicon changes:
    its votes are then missing, and are computed anew.
    """
    return [with_inputs(store, project_id, f) for f in store.functions.list(project_id)]


def with_inputs(store: Store, project_id: int, function: LabelingFunction) -> LabelingFunction:
    """Return a labeling function with the fingerprints of what its votes rest on."""
    kind = kinds.get(function.kind)
    options = parse_options(kind.Options, dict(function.options), what=function.name)
    needed = kind().inputs(options)
    inputs = {name: _fingerprint(store, project_id, name) for name in needed}
    return replace(function, inputs=inputs) if inputs else function


def _fingerprint(store: Store, project_id: int, needed: str) -> str:
    raise NotFound(f"A labeling function rests on {needed!r}, which is not known here.")
