"""The only place where people's Python runs: one confined process a labeling function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from studio.core.functions import Votes
from studio.core.jobs import Progress, no_progress
from studio.core.lexicons import Lexicon
from studio.core.settings import CodePolicy
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import BoxEnded
from studio.labeling.sandbox.election import Election
from studio.labeling.sandbox.finding import find_functions
from studio.labeling.sandbox.jobs import MAX_FILES, check_source
from studio.labeling.sandbox.pool import close_boxes
from studio.labeling.sandbox.tiers import Tier, probe

__all__ = ["MAX_FILES", "BoxEnded", "Tier", "close_boxes", "discover", "probe", "run", "run_all"]

_DEFAULTS = Limits()
_ANY = CodePolicy()
_NONE: Mapping[str, Lexicon] = {}


def discover(
    source: str,
    labels: Sequence[str],
    *,
    limits: Limits = _DEFAULTS,
    policy: CodePolicy = _ANY,
    lexicons: Mapping[str, Lexicon] = _NONE,
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
    policy
        Where code may run, see :func:`probe`.
    lexicons
        What the code can import from the module ``lexicons``, by name.

    Raises
    ------
    Invalid
        If the code does not load; names the line.
    Unavailable
        If no sandbox can be had.
    """
    box = probe(policy).open_box()
    return find_functions(box, source, labels, limits, lexicons=lexicons)


def run(
    source: str,
    names: Sequence[str],
    arrow_path: Path,
    *,
    labels: Sequence[str],
    limits: Limits = _DEFAULTS,
    policy: CodePolicy = _ANY,
    lexicons: Mapping[str, Lexicon] = _NONE,
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
    policy
        Where code may run, see :func:`probe`.
    lexicons
        What the code can import from the module ``lexicons``, by name.
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
    votes = {}
    for done, name in enumerate(names):

        def share(fraction: float, message: str = "", done: int = done) -> None:
            progress((done + fraction) / len(names), message)

        (votes[name],) = run_all(
            source,
            name,
            [arrow_path],
            labels=labels,
            limits=limits,
            policy=policy,
            lexicons=lexicons,
            progress=share,
        )
    return votes


def run_all(
    source: str,
    name: str,
    arrow_paths: Sequence[Path],
    *,
    labels: Sequence[str],
    limits: Limits = _DEFAULTS,
    policy: CodePolicy = _ANY,
    lexicons: Mapping[str, Lexicon] = _NONE,
    progress: Progress = no_progress,
) -> Iterator[Votes]:
    """Iterate over the votes of one labeling function on each of some files.

    Up to eight files are done by one process. A function that is given up in one of them is not
    run on the next ones: they abstain, with a fault that says why.

    Parameters
    ----------
    source, labels, limits, policy, lexicons, progress
        As in :func:`run`.
    name
        The labeling function in the source.
    arrow_paths
        Arrow IPC files of documents.

    Raises
    ------
    Invalid
        If the source is too long.
    Unavailable
        If no sandbox can be had, or it ended meanwhile.
    """
    check_source(source)
    tier = probe(policy)
    sizes = [_count(path) for path in arrow_paths]
    total = max(1, sum(sizes))
    for start in range(0, len(sizes), MAX_FILES):
        part = slice(start, start + MAX_FILES)
        before, here = sum(sizes[:start]), sum(sizes[part])

        def share(fraction: float, message: str = "", before: int = before, n: int = here) -> None:
            progress((before + fraction * n) / total, message)

        election = Election(
            tier.open_box(),
            source,
            name,
            labels=labels,
            limits=limits,
            progress=share,
            lexicons=lexicons,
        )
        yield from election.run_all(arrow_paths[part], sizes[part], tier.name)


def _count(path: Path) -> int:
    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        return sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
