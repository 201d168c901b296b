"""How near documents are to some texts, by their embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import Votes
from studio.core.jobs import Progress
from studio.core.schema import ABSTAIN
from studio.labeling.base import Asking, ShardSource

ROWS = 8192
"""Documents compared in one go: with a hundred texts that is 3 MB."""

_EMBEDDING = 0.95
"""Share of the time that goes into embedding; comparing is the rest."""


def vote_by_nearness(
    source: ShardSource,
    texts: Sequence[str],
    decide: Callable[[NDArray[np.float32]], NDArray[np.int16]],
    asking: Asking,
) -> Votes:
    """Return votes by the cosine similarity of each document to each of some texts.

    Parameters
    ----------
    source
        The documents.
    texts
        What they are compared with.
    decide
        From similarities, float32 ``[n, n_texts]`` in ``[-1, 1]``, to votes ``[n]``.
    asking
        Whom to ask for embeddings.
    """
    votes = np.full(source.n_docs, ABSTAIN, np.int16)
    if not source.n_docs:
        return Votes(votes)
    wanted = asking.resources.embed(texts)
    documents = asking.resources.embeddings(source, progress=_part(asking.progress))
    for first in range(0, source.n_docs, ROWS):
        block = np.asarray(documents[first : first + ROWS])
        votes[first : first + ROWS] = decide(block @ wanted.T)
        done = min(1.0, (first + ROWS) / source.n_docs)
        asking.progress(_EMBEDDING + (1 - _EMBEDDING) * done)
    return Votes(votes)


def _part(progress: Progress) -> Progress:
    def report(fraction: float, message: str = "") -> None:
        progress(_EMBEDDING * fraction, message)

    return report
