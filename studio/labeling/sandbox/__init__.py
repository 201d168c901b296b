"""The only place where people's Python runs: one confined process a labeling function."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from studio.core.functions import Votes
from studio.core.jobs import Progress, no_progress
from studio.labeling.limits import Limits
from studio.labeling.sandbox.election import Election
from studio.labeling.sandbox.finding import find_functions
from studio.labeling.sandbox.jobs import check_source
from studio.labeling.sandbox.pool import close_boxes
from studio.labeling.sandbox.tiers import Tier, probe

__all__ = ["Tier", "close_boxes", "discover", "probe", "run"]

_DEFAULTS = Limits()


def discover(
    source: str,
    labels: Sequence[str],
    *,
    limits: Limits = _DEFAULTS,
    trusted: bool = False,
) -> list[str]:
    """Return the names of the labeling functions that ``source`` defines, in their order.

    These are Snorkel's ``LabelingFunction`` objects; if there are none, plain functions of one
    parameter.

    Parameters
    ----------
    source
        A Python module.
    labels
        Label names; their constants are predefined (see ``labeling.constants``).
    limits
        What loading the module may use.
    trusted
        See :func:`probe`.

    Raises
    ------
    Invalid
        If the code does not load; names the line.
    Unavailable
        If no sandbox can be had.
    """
    return find_functions(probe(trusted=trusted).open_box(), source, labels, limits)


def run(
    source: str,
    names: Sequence[str],
    arrow_path: Path,
    *,
    labels: Sequence[str],
    limits: Limits = _DEFAULTS,
    trusted: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Votes]:
    """Return the votes of labeling functions of one module, each run in a process of its own.

    Parameters
    ----------
    source
        A Python module.
    names
        The labeling functions in it that are to vote.
    arrow_path
        An Arrow IPC file with a column ``text``; the functions see all of its columns.
    labels
        Label names; a vote is an index of this list, or -1.
    limits
        What each function may use; past it, the rest abstains and a fault says so.
    trusted
        See :func:`probe`.
    progress
        Told the share of all votes that is in.

    Returns
    -------
    dict[str, Votes]
        By name. Faults carry the row in the file as ``doc_id``.

    Raises
    ------
    Invalid
        If the source is too long.
    Unavailable
        If no sandbox can be had, or it ended meanwhile.
    """
    check_source(source)
    tier = probe(trusted=trusted)
    with pa.memory_map(str(arrow_path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        n_docs = sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
    votes = {}
    for done, name in enumerate(names):

        def share(fraction: float, message: str = "", done: int = done) -> None:
            progress((done + fraction) / len(names), message)

        election = Election(
            tier.open_box(), source, name, labels=labels, limits=limits, progress=share
        )
        votes[name] = election.run(arrow_path, n_docs, tier.name)
    return votes
