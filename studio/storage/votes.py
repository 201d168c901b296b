"""Votes: one column a labeling function and shard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.errors import Invalid
from studio.core.functions import Fault, Votes
from studio.storage.files import load_array, new_file, safe_name, save_array
from studio.storage.shards import Shard

_OPEN = ".open"


class VoteColumns:
    """Votes by the fingerprint of a labeling function and the shard it voted on.

    Parameters
    ----------
    home
        The studio's home; columns lie in ``projects/<id>/votes`` below it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def save(self, lf_fingerprint: str, shard: Shard, votes: Votes, *, final: bool = True) -> None:
        """Store what a function said of a shard, in place of what it said before.

        Parameters
        ----------
        lf_fingerprint, shard
            Who said it, and of what.
        votes
            Votes and faults; a fault's documents are those of the project, not rows.
        final
            Whether it stands. Where not (a service could not be reached, say), it is shown like
            any other, but the shard still counts as missing.

        Raises
        ------
        Invalid
            If there is not one vote a document.
        """
        column = np.asarray(votes.votes)
        if column.shape != (shard.n_docs,):
            raise Invalid(f"{column.shape} votes were given for {shard.n_docs} documents.")
        path = self._path(lf_fingerprint, shard)
        notes = {
            "tier": votes.tier,
            "faults": [asdict(fault) for fault in votes.faults],
            "slowest": votes.slowest,
        }
        with new_file(path.with_suffix(".json")) as stream:
            stream.write(json.dumps(notes).encode("ascii"))
        mark = path.with_suffix(_OPEN)
        if not final:
            with new_file(mark):
                pass
        # Last, because it is what says that the votes are there.
        save_array(path, column.astype(np.int16))
        if final:
            mark.unlink(missing_ok=True)

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
        slowest = tuple((doc_id, seconds) for doc_id, seconds in notes.get("slowest", ()))
        return Votes(column, tuple(map(_fault, notes["faults"])), notes["tier"], slowest)

    def missing(self, lf_fingerprint: str, shards: Sequence[Shard]) -> list[Shard]:
        """Return the shards of which a function has said nothing yet, or nothing that stands."""
        return [s for s in shards if not self._is_final(self._path(lf_fingerprint, s))]

    def unsettled(self, lf_fingerprint: str, shards: Sequence[Shard]) -> list[tuple[str, int]]:
        """Return what :meth:`missing` does as plain values that change when a save does.

        Returns
        -------
        list[tuple[str, int]]
            Fingerprint of the shard, and when something that does not stand was said of it in
            nanoseconds; 0 if nothing was.
        """
        found = []
        for shard in self.missing(lf_fingerprint, shards):
            mark = self._path(lf_fingerprint, shard).with_suffix(_OPEN)
            found.append((shard.fingerprint, mark.stat().st_mtime_ns if mark.exists() else 0))
        return found

    def voted_at(self, lf_fingerprint: str, shards: Sequence[Shard]) -> datetime | None:
        """Return when a function voted last on any of these shards, in UTC; None if never."""
        times = [
            path.stat().st_mtime
            for s in shards
            if (path := self._path(lf_fingerprint, s)).exists()
        ]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    def _is_final(self, path: Path) -> bool:
        return path.exists() and not path.with_suffix(_OPEN).exists()

    def _path(self, lf_fingerprint: str, shard: Shard) -> Path:
        # By project and shard, not by text alone: another project may have other labels, and
        # the votes that came with a file belong to its rows.
        folder = self._home / "projects" / str(shard.project_id) / "votes"
        name = f"{shard.shard_id}-{shard.fingerprint}"
        return folder / name / f"{safe_name(lf_fingerprint)}.npy"


def _fault(raw: dict[str, Any]) -> Fault:
    return Fault(**{**raw, "doc_ids": tuple(raw.get("doc_ids", ()))})
