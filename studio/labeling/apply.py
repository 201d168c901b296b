"""One labeling function over one file of documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.core.functions import LabelingFunction, Votes
from studio.core.options import parse_options
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.base import Asking, ShardSource, kinds


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
        int16 ``[n_docs]`` in the order of the file. A fault's ``doc_id`` is the row in the file:
        the caller knows which document that is.

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
    kind = kinds.get(function.kind)
    options = parse_options(
        kind.Options, dict(function.options), what=f"The labeling function {function.name!r}"
    )
    source = ShardSource.open(shard_path)
    votes = kind().vote(source, options, asking)
    _check(votes, source.n_docs, asking.schema)
    faults = tuple(replace(fault, lf_name=function.name) for fault in votes.faults)
    return replace(votes, faults=faults)


def _check(votes: Votes, n_docs: int, schema: LabelSchema) -> None:
    array = votes.votes
    assert array.shape == (n_docs,), "a kind must give one vote a document"
    assert array.dtype == np.int16, "votes are int16"
    if n_docs:
        low, high = int(array.min()), int(array.max())
        assert ABSTAIN <= low <= high < schema.cardinality, "a vote must be a label"
