"""One labeling function over files of documents."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.core.functions import Fault, LabelingFunction, Votes
from studio.core.options import parse_options
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.base import Asking, ShardSource, abstentions, kinds

NOT_RUN = "NotRun"
"""The exception of the fault that stands for documents that were not reached."""

_NOT_REACHED = " documents were not reached. "


def apply_function(function: LabelingFunction, shard_path: Path, asking: Asking) -> Votes:
    """Return the votes of a labeling function on all documents of a file.

    Parameters
    ----------
    function
        Its kind and options say everything.
    shard_path
        An Arrow IPC file with a column ``text``.
    asking
        The labels, limits, and whom to ask for more.

    Returns
    -------
    Votes
        int16 ``[n_docs]`` in the order of the file. Documents of faults and the slowest ones are
        rows in the file: the caller knows which documents these are.

    Raises
    ------
    Invalid
        If the options are not what the kind accepts.
    NotFound
        If there is no such kind.
    Unavailable
        If it is user code and no sandbox can be had.
    Canceled
        From ``asking.progress``.
    """
    with closing(apply_all(function, [shard_path], asking)) as every:
        return next(every)


def apply_all(
    function: LabelingFunction, shard_paths: Sequence[Path], asking: Asking
) -> Generator[Votes, None, None]:
    """Iterate over the votes on each of some files; see :func:`apply_function`."""
    kind = kinds.get(function.kind)
    options = parse_options(
        kind.Options, dict(function.options), what=f"The labeling function {function.name!r}"
    )
    sources = [ShardSource.open(path) for path in shard_paths]
    every = kind().vote_all(sources, options, asking)
    for source, votes in zip(sources, every, strict=True):
        _check(votes, source.n_docs, asking.schema)
        faults = tuple(replace(fault, lf_name=function.name) for fault in votes.faults)
        yield replace(votes, faults=faults)


def given_up(votes: Votes) -> str:
    """Return why a function was stopped before its last document; empty if it was not."""
    said = (fault.message for fault in votes.faults if fault.exception == NOT_RUN)
    return next(said, "").partition(_NOT_REACHED)[2]


def not_run(function: LabelingFunction, n_docs: int, why: str) -> Votes:
    """Return abstentions for documents that a function is not asked about any more."""
    message = f"{n_docs}{_NOT_REACHED}{why}"
    fault = Fault(function.name, NOT_RUN, message, None, 0, n_docs)
    return replace(abstentions(n_docs), faults=(fault,) if n_docs else ())


def _check(votes: Votes, n_docs: int, schema: LabelSchema) -> None:
    array = votes.votes
    assert array.shape == (n_docs,), "a kind must give one vote a document"
    assert array.dtype == np.int16, "votes are int16"
    if n_docs:
        low, high = int(array.min()), int(array.max())
        assert ABSTAIN <= low <= high < schema.cardinality, "a vote must be a label"
