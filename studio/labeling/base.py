"""What a kind of labeling function is, and the kinds there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.core.functions import Votes
from studio.core.jobs import Progress, no_progress
from studio.core.registry import Member, Registry
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.constants import constant_names
from studio.labeling.limits import Limits
from studio.labeling.resources import NoResources, Resources

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "DEFAULT_LIMITS",
    "Asking",
    "LFKind",
    "Limits",
    "ShardSource",
    "constant_names",
    "kinds",
]

DEFAULT_LIMITS = Limits()
"""Limits where nobody asked for others."""

Spans = list[tuple[int, int]]
"""``(start, end)`` character offsets, ascending, not overlapping."""


@dataclass(frozen=True)
class Asking:
    """What a kind is told beside documents and options.

    Attributes
    ----------
    schema
        The labels; options name them, votes are indices.
    limits
        What user code may use.
    trusted
        Whether user code may run where no sandbox can be had.
    progress
        Told the share that is done; raises ``Canceled`` where the user asked to stop.
    resources
        Lexicons, embeddings, predictions and language models.
    """

    schema: LabelSchema
    limits: Limits = DEFAULT_LIMITS
    trusted: bool = False
    progress: Progress = no_progress
    resources: Resources = field(default_factory=NoResources)


@dataclass(frozen=True)
class ShardSource:
    """A file of documents: an Arrow IPC file with ``external_id``, ``text`` and metadata columns.

    It is memory-mapped, so reading it costs no copy. ``n_docs`` is its number of rows.
    """

    path: Path
    n_docs: int

    @classmethod
    def open(cls, path: Path | str) -> ShardSource:
        """Look at a file and return it as a source."""
        import pyarrow as pa

        with pa.memory_map(str(path)) as mapped:
            reader = pa.ipc.open_file(mapped)
            counts = (reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
            return cls(Path(path), sum(counts))

    def texts(self) -> Iterator[pa.Array]:
        """Iterate over the column ``text``, one array a record batch, in order."""
        import pyarrow as pa

        with pa.memory_map(str(self.path)) as mapped:
            reader = pa.ipc.open_file(mapped)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number).column("text")


class LFKind(Member, ABC):
    """Base of all kinds of labeling functions.

    A member turns its options into votes on a file of documents. The same options and documents
    give the same votes on every machine.
    """

    @abstractmethod
    def vote(self, source: ShardSource, options: Any, asking: Asking) -> Votes:
        """Return one vote a document, in the order of the file.

        Parameters
        ----------
        source
            The documents.
        options
            An instance of this kind's ``Options``.
        asking
            The labels, limits, and whom to ask for more.

        Raises
        ------
        Invalid
            If an option names a label that is not there.
        Unavailable
            If user code cannot be run here.
        Canceled
            From ``asking.progress``.
        """

    def inputs(self, options: Any) -> tuple[str, ...]:
        """Return what else the votes rest on: ``"lexicon:NAME"`` or ``"run:NUMBER"`` each."""
        return ()

    def matches(self, text: str, options: Any) -> Spans:
        """Return what in a text made this kind vote, for highlighting; empty if it cannot say."""
        return []


def abstentions(n_docs: int) -> Votes:
    """Return votes without an opinion on anything."""
    return Votes(np.full(n_docs, ABSTAIN, np.int16))


kinds: Registry[LFKind] = Registry("kind of labeling function", "studio.labeling.kinds", "keyword")
