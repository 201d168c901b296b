"""What kinds of labeling functions may ask the studio for, beside the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from studio.core.errors import Unavailable
from studio.core.jobs import Progress, no_progress
from studio.core.lexicons import Lexicon

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.labeling.base import ShardSource


@dataclass(frozen=True)
class Completion:
    """What a language model answered: its text, or why there is none.

    ``tokens_in`` and ``tokens_out`` are what was paid for, 0 where the answer was kept from an
    earlier time (``cached``). ``refused`` is whether every other prompt would fail alike: a
    wrong key, an unknown model.
    """

    answer: str | None
    problem: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cached: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Sampling:
    """How a language model is asked; always at temperature 0.

    ``max_tokens`` bounds one answer, ``concurrency`` is how many prompts are under way at once,
    and ``template`` is the prompt before a document was filled in: costs are summed by it.
    """

    template: str = ""
    max_tokens: int = 50
    seed: int = 0
    concurrency: int = 4


PLAIN = Sampling()


class Resources(Protocol):
    """Given to a kind with every vote; the studio's services implement it.

    What takes long tells ``progress`` the share that is done, and ends with ``Canceled`` from it.
    """

    def lexicon(self, name: str) -> Lexicon:
        """Return a lexicon of the project; raises ``NotFound`` if there is none."""

    def embeddings(
        self, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """Return one vector of length 1 a document of a file, float32 ``[n_docs, d]``."""

    def embed(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """Return one vector of length 1 a text, float32 ``[n_texts, d]``."""

    def predictions(
        self, run: int, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """Return what a finished training run says of a file, float32 ``[n_docs, k]``.

        Columns are the labels of the project, in order; raises ``NotFound`` if the project has no
        such run, ``Invalid`` if it is not finished or knows other labels.
        """

    def languages(self, source: ShardSource, *, progress: Progress = no_progress) -> Sequence[str]:
        """Return the language of each document of a file as ISO 639-1 code, "" if unclear."""

    def complete(
        self,
        endpoint: str,
        prompts: Sequence[str],
        *,
        sampling: Sampling = PLAIN,
        progress: Progress = no_progress,
    ) -> Sequence[Completion]:
        """Return the answers of a language model, one a prompt; an answer once given is kept."""


class NoResources:
    """Resources where there is no studio: each request says that it cannot be met."""

    def lexicon(self, name: str) -> Lexicon:
        """See :class:`Resources`."""
        raise _unavailable(f"the lexicon {name!r}")

    def embeddings(
        self, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """See :class:`Resources`."""
        raise _unavailable("embeddings")

    def embed(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """See :class:`Resources`."""
        raise _unavailable("embeddings")

    def predictions(
        self, run: int, source: ShardSource, *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """See :class:`Resources`."""
        raise _unavailable(f"the training run {run}")

    def languages(self, source: ShardSource, *, progress: Progress = no_progress) -> Sequence[str]:
        """See :class:`Resources`."""
        raise _unavailable("languages")

    def complete(
        self,
        endpoint: str,
        prompts: Sequence[str],
        *,
        sampling: Sampling = PLAIN,
        progress: Progress = no_progress,
    ) -> Sequence[Completion]:
        """See :class:`Resources`."""
        raise _unavailable(f"the endpoint {endpoint!r}")


def _unavailable(what: str) -> Unavailable:
    return Unavailable(f"This labeling function needs {what}; run it in a project of the studio.")
