"""A column of texts in parts of few bytes, so that memory is bounded whatever the texts are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_WORD_BYTES = bytes(b < 128 and (chr(b).isalnum() or chr(b) == "_") for b in range(256))
MAX_BYTES = 2 << 20
"""Of text looked at in one go: what is made of it takes many times its memory."""


def portions(texts: pa.LargeStringArray) -> Iterator[tuple[int, pa.LargeStringArray]]:
    """Cut a large_string column; yield the first row of each part, and the part."""
    _, offsets = bytes_of(texts)
    first = 0
    while first < len(texts):
        limit = np.searchsorted(offsets, offsets[first] + MAX_BYTES, side="right") - 1
        last = min(len(texts), max(first + 1, int(limit)))
        yield first, texts.slice(first, last - first)
        first = last


def bytes_of(texts: pa.LargeStringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of a column's texts, and where in them each one begins, ``[n + 1]``."""
    if not len(texts):
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    _, positions, data = texts.buffers()
    offsets = np.frombuffer(positions, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    every: NDArray[np.uint8] = np.frombuffer(data or b"", np.uint8)
    return every[offsets[0] : offsets[-1]], offsets - offsets[0]


def is_ascii(texts: pa.LargeStringArray) -> NDArray[np.bool_]:
    """Whether each text is plain ASCII, where a byte is a character; False where it is missing."""
    found: Any = pc.string_is_ascii(texts).fill_null(False)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def ascii_words(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], pa.LargeBinaryArray]:
    """Return the words of ASCII texts: runs of letters, digits and underscores.

    Parameters
    ----------
    data, offsets
        As :func:`bytes_of` returns them.

    Returns
    -------
    tuple[NDArray[np.int64], pa.LargeBinaryArray]
        Where each word begins, and the word. Every second entry is a word, and the others are
        what stands between: so no byte is copied.
    """
    inside = np.zeros(len(data) + 2, np.bool_)
    inside[1:-1] = np.frombuffer(data.tobytes().translate(_WORD_BYTES), np.bool_)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    # A word at the end of a text and one at the beginning of the next are two.
    seams = np.unique(offsets[1:-1])
    seams = seams[inside[seams] & inside[seams + 1]]
    edges = np.insert(edges, np.repeat(np.searchsorted(edges, seams), 2), np.repeat(seams, 2))
    if not len(edges):
        return edges, pa.array([], pa.large_binary())
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(data)]
    words = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(edges) - 1, buffers)
    return edges[:-1], words
