"""What a kind of labeling function is, and the kinds there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from studio.core.errors import Invalid
from studio.core.functions import Votes
from studio.core.jobs import Progress, no_progress
from studio.core.registry import Member, Registry
from studio.core.schema import ABSTAIN, LabelSchema
from studio.core.settings import CodePolicy
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
    policy
        Where user code may run.
    progress
        Told the share that is done; raises ``Canceled`` where the user asked to stop.
    resources
        Lexicons, embeddings, predictions and language models.
    """

    schema: LabelSchema
    limits: Limits = DEFAULT_LIMITS
    policy: CodePolicy = CodePolicy()
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
        return self.column("text")

    def column(self, name: str) -> Iterator[pa.Array]:
        """Iterate over a column, one array a record batch, in order.

        Raises
        ------
        Invalid
            If the file has no such column.
        """
        import pyarrow as pa

        with pa.memory_map(str(self.path)) as mapped:
            reader = pa.ipc.open_file(mapped)
            if name not in reader.schema.names:
                others = ", ".join(reader.schema.names[:20])
                raise Invalid(f"The documents have no column {name!r}; they have {others}.")
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number).column(name)


class LFKind(Member, ABC):
    """Base of all kinds of labeling functions.

    A member turns its options into votes on a file of documents. The same options and documents
    give the same votes on every machine. ``trial_docs`` is how many documents a trial asks about
    where each one costs money, None where that does not matter. ``serial`` is whether two of this
    kind must not run at once: each needs a model in memory, or a service outside.
    """

    trial_docs: ClassVar[int | None] = None
    serial: ClassVar[bool] = False

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

    def vote_all(
        self, sources: Sequence[ShardSource], options: Any, asking: Asking
    ) -> Iterator[Votes]:
        """Iterate over the votes on each of some files; see :meth:`vote`."""
        for done, source in enumerate(sources):

            def share(fraction: float, message: str = "", done: int = done) -> None:
                asking.progress((done + fraction) / len(sources), message)

            yield self.vote(source, options, replace(asking, progress=share))

    def inputs(self, options: Any) -> tuple[str, ...]:
        """Return what else the votes rest on: ``"lexicon:NAME"`` or ``"run:NUMBER"`` each."""
        return ()

    def matches(self, text: str, options: Any, asking: Asking | None = None) -> Spans:
        """Return what in a text made this kind vote, for highlighting; empty if it cannot say.

        Kinds that rest on something of the project, a lexicon say, find nothing without
        ``asking``.
        """
        return []

    def is_final(self, votes: Votes) -> bool:
        """Whether these votes stand; where not, the next application asks anew."""
        return True

    def as_python(self, options: Any, asking: Asking) -> str | None:
        """Return the rule as the body of a Python function of a document ``x``.

        It returns a label index, or -1 to abstain, and uses the functions and modules of
        ``studio.labeling.plain_rules``, the constants of ``constants.constant_of``, and nothing
        else.

        Returns
        -------
        str or None
            None where the rule cannot be said so: it rests on a model or on a service.
        """
        return None

    def python_module(self, options: Any) -> tuple[str, str] | None:
        """Return the user's module and the name of the labeling function in it; None without."""
        return None

    def describe(self, options: Any) -> str:
        """Return the rule in a few words for a table; empty where its options say it all."""
        return ""

    def unmarked(self, options: Any) -> str:
        """Return a sentence on why :meth:`matches` cannot say; empty where it can."""
        return ""

    def canonical(self, options: Any, schema: LabelSchema) -> dict[str, Any]:
        """Return options as a project keeps them: JSON values, labels by their names.

        Raises
        ------
        Invalid
            If an option names a label that is not there.
        """
        values: dict[str, Any] = options.model_dump(mode="json")
        if values.get("label") is not None:
            values["label"] = schema.name_of(schema.parse(values["label"]))
        return values


def abstentions(n_docs: int) -> Votes:
    """Return votes without an opinion on anything."""
    return Votes(np.full(n_docs, ABSTAIN, np.int16))


kinds: Registry[LFKind] = Registry("kind of labeling function", "studio.labeling.kinds", "keyword")
