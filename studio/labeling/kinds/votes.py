"""Votes that came along with the documents."""

from __future__ import annotations

from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.labeling.base import Asking, LFKind, ShardSource, abstentions, kinds


class ImportedOptions(Options):
    """Options of :class:`ImportedVotes`."""

    column: str = option(
        title="Column",
        help="The name of the vote column in the file that was imported.",
        min_length=1,
    )
    revision: int = option(
        0,
        title="Revision",
        help="Raised by the studio when an import adds votes to documents that were there.",
        minimum=0,
        advanced=True,
    )


@kinds.register("votes")
class ImportedVotes(LFKind):
    """Votes that were made elsewhere and imported with the documents.

    There is nothing to compute: documents that came without a vote are abstained on.
    """

    title = "Imported votes"
    summary = "Votes made elsewhere, which came in a column of the imported file."
    Options = ImportedOptions

    def vote(self, source: ShardSource, options: ImportedOptions, asking: Asking) -> Votes:
        """Return abstentions: the file of these documents brought no votes."""
        return abstentions(source.n_docs)
