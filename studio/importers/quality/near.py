"""Near-duplicates: MinHash finds candidates, the letters themselves decide.

Every text is a set of letter triples, without case and punctuation, so that Chinese, which has no
blanks between words, is compared like any other script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from studio.core.jobs import Progress, no_progress

HASHES: Final = 128
SEED: Final = 42
RECALL: Final = 0.995
"""Least chance that two texts right at the threshold become candidates."""

_SIZE: Final = 3
_SKETCH: Final = HASHES
_SLACK: Final = 0.1  # three standard errors of an estimate from 128 hashes
_ROUNDS: Final = 4
_READ: Final = 20_000
_NO_WORD: Final = re.compile(r"[\W_]+")
_U64: Final = np.uint64

Texts = Callable[[NDArray[np.int64]], Sequence[str]]
"""Returns some texts by their position, which are ascending."""


@dataclass
class Sketches:
    """What is kept of each text: 32 bits a band to find candidates, 128 bytes to weed them out."""

    bands: NDArray[np.uint32]  # [n, n_bands]
    bytes_: NDArray[np.uint8]  # [n, HASHES]


def near_groups(
    batches: Iterable[Sequence[str]],
    n: int,
    *,
    texts: Texts,
    threshold: float = 0.8,
    progress: Progress = no_progress,
) -> NDArray[np.int64]:
    """Return for each text the position of the first of its group, int64 ``[n]``.

    Two texts are near if the share of letter triples that they have in common, of those that
    either has (Jaccard), is at least ``threshold``; near texts and the near of these are a group.

    Parameters
    ----------
    batches
        All texts, in order.
    n
        How many there are.
    texts
        Returns some of them again.
    threshold
        In ``[0.5, 1]``.
    progress
        Told the share that is done.

    Notes
    -----
    Broder (1997) with bands as in Leskovec et al., Mining of Massive Datasets, §3.4. A pair at
    the threshold is missed with a probability of 1 in 200; no pair below it is joined. Of a text
    the first 20,000 characters count.
    """
    sketches = _sketch(batches, n, n_rows(threshold), lambda f, m="": progress(0.75 * f, m))
    groups = _Groups(n)
    for band in range(sketches.bands.shape[1]):
        progress(0.75 + 0.25 * band / sketches.bands.shape[1], "comparing")
        for ones, others in _candidates(sketches, band, groups, threshold):
            _join(ones, others, groups, texts=texts, threshold=threshold)
    return groups.roots()


def n_rows(threshold: float) -> int:
    """Return the most hashes a band may have so that pairs at the threshold are found."""
    fit = (r for r in range(1, 17) if _recall(threshold, r) >= RECALL)
    return max(fit, default=1)


def similarity(one: str, other: str) -> float:
    """Return the share of letter triples that two texts have in common, in ``[0, 1]``."""
    a, b = _triples(_plain(one)), _triples(_plain(other))
    return len(a & b) / len(a | b)


def _recall(threshold: float, rows: int) -> float:
    return float(1 - (1 - threshold**rows) ** (HASHES // rows))


def _plain(text: str) -> str:
    """Return a text without case and punctuation, marked at both ends."""
    folded = unicodedata.normalize("NFKC", text[:_READ]).casefold()
    # Where nothing but signs is left, the signs are the text.
    words = _NO_WORD.sub(" ", folded).strip() or " ".join(folded.split())
    return f"\2{words}\3" if words else "\2\3\3"


def _triples(plain: str) -> set[str]:
    return {plain[at : at + _SIZE] for at in range(len(plain) - _SIZE + 1)}


def _sketch(batches: Iterable[Sequence[str]], n: int, rows: int, progress: Progress) -> Sketches:
    n_bands = HASHES // rows
    made = Sketches(np.zeros((n, n_bands), np.uint32), np.zeros((n, _SKETCH), np.uint8))
    at = 0
    for batch in batches:
        hashes = _min_hashes(batch)  # [batch, HASHES]
        end = at + len(batch)
        made.bytes_[at:end] = hashes[:, :_SKETCH].astype(np.uint8)
        for band in range(n_bands):
            part = hashes[:, band * rows : (band + 1) * rows].astype(_U64)
            made.bands[at:end, band] = (_mixed(part) >> _U64(32)).astype(np.uint32)
        at = end
        progress(at / max(1, n), f"{at:,} texts read")
    return made


def _min_hashes(texts: Sequence[str]) -> NDArray[np.uint32]:
    import rensa

    plain = [_plain(text) for text in texts]
    codes = np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), "<u4").astype(_U64)
    lengths = np.array([len(text) for text in plain], np.int64)
    ends = np.cumsum(lengths)
    inside = np.ones(len(codes), np.bool_)
    for back in range(1, _SIZE):
        inside[ends - back] = False  # a triple must not reach into the next text
    windows = np.stack([np.roll(codes, -shift) for shift in range(_SIZE)], axis=1)[inside]
    offsets = np.concatenate([[0], np.cumsum(lengths - _SIZE + 1)]).astype(_U64)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        _mixed(windows), offsets, HASHES, SEED
    )
    return np.array(matrix.to_rows(), np.uint32).reshape(len(texts), HASHES)


def _mixed(columns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return one well-mixed number a row; columns ``[n, m]``, their order counts."""
    mixed = np.zeros(len(columns), _U64)
    with np.errstate(over="ignore"):
        for column in columns.T:
            mixed = (mixed + column + _U64(0x9E3779B97F4A7C15)) * _U64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> _U64(31)
        mixed *= _U64(0x94D049BB133111EB)
        mixed ^= mixed >> _U64(29)
    return mixed


class _Groups:
    """Which texts belong together; the smallest position names a group."""

    def __init__(self, n: int) -> None:
        self._parents = np.arange(n)

    def root(self, at: int) -> int:
        parents = self._parents
        while (parent := int(parents[at])) != at:
            parents[at] = parents[parent]
            at = parent
        return at

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parents[high] = low

    def roots(self) -> NDArray[np.int64]:
        while (self._parents[self._parents] != self._parents).any():
            self._parents = self._parents[self._parents]
        return self._parents.astype(np.int64)


Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def _candidates(
    sketches: Sketches, band: int, groups: _Groups, threshold: float
) -> Iterable[Pairs]:
    """Yield pairs that share a band, look alike, and are in no common group yet.

    In each bucket all are compared with its first; those left over once more among themselves.
    """
    members = np.argsort(sketches.bands[:, band], kind="stable")
    buckets = sketches.bands[members, band]
    for _ in range(_ROUNDS):
        starts = np.ones(len(buckets), np.bool_)
        starts[1:] = buckets[1:] != buckets[:-1]
        leaders = members[starts][np.cumsum(starts) - 1] if len(members) else members
        roots = groups.roots()
        apart = roots[leaders] != roots[members]
        alike = np.zeros(len(members), np.bool_)
        alike[apart] = _look_alike(sketches, leaders[apart], members[apart], threshold)
        if alike.any():
            yield leaders[alike], members[alike]
        left = apart & ~alike
        members, buckets = members[left], buckets[left]
        if not len(members):
            return


def _look_alike(
    sketches: Sketches, ones: NDArray[np.int64], others: NDArray[np.int64], threshold: float
) -> NDArray[np.bool_]:
    """Estimate by bytes of hashes, of which 1 in 256 agrees by chance (Li & König, 2010)."""
    alike = np.zeros(len(ones), np.bool_)
    for start in range(0, len(ones), 65_536):
        part = slice(start, start + 65_536)
        equal = sketches.bytes_[ones[part]] == sketches.bytes_[others[part]]
        alike[part] = equal.mean(axis=1) >= threshold - _SLACK
    return alike


def _join(
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
    groups: _Groups,
    *,
    texts: Texts,
    threshold: float,
) -> None:
    for start in range(0, len(ones), 8192):
        part = slice(start, start + 8192)
        ids = np.unique(np.concatenate([ones[part], others[part]]))
        plain = dict(zip(ids.tolist(), map(_plain, texts(ids)), strict=True))
        for one, other in zip(ones[part].tolist(), others[part].tolist(), strict=True):
            if groups.root(one) == groups.root(other):
                continue
            if _are_near(plain[one], plain[other], threshold):
                groups.join(one, other)


def _are_near(one: str, other: str, threshold: float) -> bool:
    if one == other:
        return True
    a, b = _triples(one), _triples(other)
    return len(a & b) >= threshold * len(a | b)
