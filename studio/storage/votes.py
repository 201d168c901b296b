"""Votes: one column a labeling function and shard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from studio.core.errors import Invalid
from studio.core.functions import Fault, Votes
from studio.storage.files import load_array, new_file, safe_name, save_array
from studio.storage.shards import Shard


class VoteColumns:
    """Votes by the fingerprint of a labeling function and the shard it voted on.

    Parameters
    ----------
    home
        The studio's home; columns lie in ``projects/<id>/votes`` below it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def save(self, lf_fingerprint: str, shard: Shard, votes: Votes) -> None:
        """Store what a function said of a shard, in place of what it said before.

        Raises
        ------
        Invalid
            If there is not one vote a document.
        """
        column = np.asarray(votes.votes)
        if column.shape != (shard.n_docs,):
            raise Invalid(f"{column.shape} votes were given for {shard.n_docs} documents.")
        path = self._path(lf_fingerprint, shard)
        notes = {"tier": votes.tier, "faults": [asdict(fault) for fault in votes.faults]}
        with new_file(path.with_suffix(".json")) as stream:
            stream.write(json.dumps(notes).encode("ascii"))
        # Last, because it is what says that the votes are there.
        save_array(path, column.astype(np.int16))

    def load(self, lf_fingerprint: str, shard: Shard) -> Votes | None:
        """Return what a function said of a shard, mapped; None if it was not asked yet."""
        path = self._path(lf_fingerprint, shard)
        column = load_array(path)
        if column is None or column.shape != (shard.n_docs,):
            return None
        try:
            notes = json.loads(path.with_suffix(".json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        faults = tuple(Fault(**fault) for fault in notes["faults"])
        return Votes(column, faults, notes["tier"])

    def missing(self, lf_fingerprint: str, shards: Sequence[Shard]) -> list[Shard]:
        """Return the shards that a function was not asked about yet."""
        return [s for s in shards if not self._path(lf_fingerprint, s).exists()]

    def _path(self, lf_fingerprint: str, shard: Shard) -> Path:
        # By project and shard, not by text alone: another project may have other labels, and
        # the votes that came with a file belong to its rows.
        folder = self._home / "projects" / str(shard.project_id) / "votes"
        name = f"{shard.shard_id}-{shard.fingerprint}"
        return folder / name / f"{safe_name(lf_fingerprint)}.npy"
