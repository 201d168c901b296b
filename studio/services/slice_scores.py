"""How good runs and label models are on each slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid, NotFound
from studio.core.intervals import wilson
from studio.services import slices
from studio.services.evaluation import Evaluation, Judged
from studio.storage.store import Store


@dataclass(frozen=True)
class SliceScore:
    """What one source is worth on the judged documents of one slice.

    ``name`` is the slice's, ``""`` for all documents. ``accuracy`` is in ``[0, 1]``, None without
    a judged document; ``low`` and ``high`` are its Wilson interval at 95 %. ``problem`` says why
    a slice cannot be asked.
    """

    name: str
    source: Judged
    n: int
    accuracy: float | None
    low: float
    high: float
    problem: str | None = None


def by_slice(store: Store, project_id: int, found: Sequence[Evaluation]) -> list[SliceScore]:
    """Return scores of each evaluation on all its documents and on each slice.

    A slice whose interval lies under the accuracy on all documents is where a source fails.
    """
    scores = [_score("", one, one.gold == one.decided) for one in found]
    for row in slices.choices(store, project_id):
        try:
            inside = slices.mask(store, project_id, row.slice_id)
        except (Invalid, NotFound) as error:
            scores += [
                SliceScore(row.name, one.source, 0, None, 0, 1, str(error)) for one in found
            ]
            continue
        for one in found:
            right = (one.gold == one.decided)[inside[one.doc_ids]]
            scores.append(_score(row.name, one, right))
    return scores


def _score(name: str, one: Evaluation, right: NDArray[np.bool_]) -> SliceScore:
    n, n_right = len(right), int(right.sum())
    low, high = wilson(n_right, n)
    return SliceScore(name, one.source, n, n_right / n if n else None, low, high)
