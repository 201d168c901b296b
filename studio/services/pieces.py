"""Labeling functions over shards, cut into pieces that all cores work on."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace

from studio.core.errors import Canceled, StudioError
from studio.core.functions import Fault, LabelingFunction, Votes
from studio.core.jobs import Progress
from studio.labeling.apply import apply_all, given_up, not_run
from studio.labeling.base import Asking, Limits, abstentions, kinds
from studio.labeling.sandbox import MAX_FILES, BoxEnded
from studio.storage.documents import Shard
from studio.storage.store import Store

NICENESS = 5
"""How far applying stands back behind pages and trials; see ``Limits.niceness``."""

_PIECES_A_CORE = 8
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, eq=False)
class Piece:
    """Some shards that one function has to vote on; each is itself, and equal to no other."""

    function: LabelingFunction
    shards: tuple[Shard, ...]

    @property
    def n_docs(self) -> int:
        """Documents of all its shards."""
        return sum(shard.n_docs for shard in self.shards)


@dataclass
class Outcome:
    """What came of an application: shards computed, documents that failed, functions that did.

    ``failed`` says of each function by its name why it could not vote.
    """

    computed: int
    faults: int
    failed: dict[str, str]


def cut(todo: Sequence[tuple[LabelingFunction, Sequence[Shard]]], n_cores: int) -> list[Piece]:
    """Return pieces for so many cores, the largest first, so that all end at about one time.

    A piece has one function and up to eight shards: a process for each costs some milliseconds.
    """
    n_units = sum(len(shards) for _, shards in todo)
    size = min(MAX_FILES, max(1, -(-n_units // (n_cores * _PIECES_A_CORE))))
    pieces = [
        Piece(function, tuple(shards[start : start + size]))
        for function, shards in todo
        for start in range(0, len(shards), size)
    ]
    return sorted(pieces, key=lambda piece: -piece.n_docs)


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


class Application:
    """Applies functions to shards and stores what they say, shard by shard, as it comes.

    What one function does is nothing to the others: one that cannot vote leaves a fault, one
    that is stopped on some documents for taking too long is not asked about the rest. A request
    to stop ends what runs at once and keeps what is stored.

    Parameters
    ----------
    store
        Where votes go.
    asking
        What functions are told; its ``progress`` is not used.
    cores
        Pieces at a time. Kinds that are ``serial`` run one at a time, beside these.
    """

    def __init__(self, store: Store, asking: Asking, cores: int) -> None:
        limits: Limits = replace(asking.limits, niceness=NICENESS)
        self._asking = replace(asking, limits=limits)
        self._store = store
        self._cores = cores
        self._lock = threading.Lock()
        self._is_stopping = threading.Event()
        self._given_up: dict[str, str] = {}
        self._refused: dict[str, StudioError] = {}
        self._shares: dict[Piece, float] = {}
        self._again: list[Piece] = []
        self._outcome = Outcome(0, 0, {})

    def run(self, pieces: Sequence[Piece], progress: Progress) -> Outcome:
        """Do all pieces.

        Raises
        ------
        Canceled
            From ``progress``.
        """
        self._shares = dict.fromkeys(pieces, 0.0)
        with ThreadPoolExecutor(self._cores, "apply") as many, ThreadPoolExecutor(1) as one:
            serial = [piece for piece in pieces if kinds.get(piece.function.kind).serial]
            futures = {one.submit(self._do, piece): piece for piece in serial}
            rest = (piece for piece in pieces if piece not in set(serial))
            futures |= {many.submit(self._do, piece): piece for piece in rest}
            try:
                self._follow(futures, progress)
                # A sandbox that died took other functions down with it: these are innocent, and
                # one at a time they need less memory.
                again, self._again = self._again, []
                for piece in again:
                    self._follow({one.submit(self._do, piece, last=True): piece}, progress)
            except BaseException:
                self._is_stopping.set()
                for future in futures:
                    future.cancel()
                raise
        return self._outcome

    def _follow(self, futures: dict[Future[None], Piece], progress: Progress) -> None:
        broken: list[BaseException] = []
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, _LOOK_SECONDS, FIRST_COMPLETED)
            broken += [error for future in done if (error := future.exception()) is not None]
            progress(self._share(), self._message(len(waiting), len(futures)))
        if broken:
            raise broken[0]

    def _share(self) -> float:
        with self._lock:
            total = sum(piece.n_docs for piece in self._shares)
            done = sum(piece.n_docs * share for piece, share in self._shares.items())
        return done / max(1, total)

    def _message(self, n_waiting: int, n: int) -> str:
        with self._lock:
            running = {p.function.name for p, share in self._shares.items() if 0 < share < 1}
        names = ", ".join(sorted(running)[:3]) or "Applying"
        return f"{names} ({n - n_waiting} of {n})"

    def _do(self, piece: Piece, last: bool = False) -> None:
        def report(fraction: float, message: str = "") -> None:
            if self._is_stopping.is_set():
                raise Canceled
            with self._lock:
                self._shares[piece] = max(self._shares[piece], min(1.0, fraction))

        report(0.0)
        left = list(piece.shards)
        try:
            with closing(self._votes(piece, replace(self._asking, progress=report))) as every:
                for votes in every:
                    self._keep(piece.function, left.pop(0), votes)
        except BoxEnded as error:
            if last:
                self._refuse(piece.function, left, error)
            else:
                with self._lock:
                    self._again.append(Piece(piece.function, tuple(left)))
                    self._shares[self._again[-1]] = 0.0
        except StudioError as error:
            self._refuse(piece.function, left, error)
        report(1.0)

    def _votes(self, piece: Piece, asking: Asking) -> Generator[Votes, None, None]:
        """Iterate over the votes on the shards of a piece."""
        name = piece.function.fingerprint
        if name in self._refused:
            raise self._refused[name]
        why = self._given_up.get(name)
        if why:
            for shard in piece.shards:
                yield not_run(piece.function, shard.n_docs, f"On others, it was stopped: {why}")
            return
        paths = [shard.path for shard in piece.shards]
        with closing(apply_all(piece.function, paths, asking)) as every:
            for votes in every:
                if why := given_up(votes):
                    self._given_up[name] = why
                yield votes

    def _keep(self, function: LabelingFunction, shard: Shard, votes: Votes) -> None:
        final = kinds.get(function.kind)().is_final(votes)
        mapped = with_doc_ids(votes, shard)
        self._store.votes.save(function.fingerprint, shard, mapped, final=final)
        with self._lock:
            self._outcome.computed += 1
            self._outcome.faults += votes.n_faults

    def _refuse(
        self, function: LabelingFunction, shards: Sequence[Shard], error: StudioError
    ) -> None:
        """Store why a function cannot vote; the next application asks it anew."""
        with self._lock:
            self._refused[function.fingerprint] = error
            self._outcome.failed[function.name] = str(error)
        fault = Fault(function.name, type(error).__name__, str(error))
        for shard in shards:
            votes = replace(abstentions(shard.n_docs), faults=(fault,))
            self._store.votes.save(function.fingerprint, shard, votes, final=False)


def with_doc_ids(votes: Votes, shard: Shard) -> Votes:
    """Turn rows of a shard into documents of its project, in faults and slow documents."""
    first = shard.first_doc_id
    faults = tuple(
        replace(
            fault,
            doc_id=None if fault.doc_id is None else fault.doc_id + first,
            doc_ids=tuple(row + first for row in fault.doc_ids),
        )
        for fault in votes.faults
    )
    slowest = tuple((row + first, seconds) for row, seconds in votes.slowest)
    return replace(votes, faults=faults, slowest=slowest)
