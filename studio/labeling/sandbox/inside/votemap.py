"""How votes lie in the memory that both sides map.

One code a document: 0 is "not run yet" (what new memory is made of), 1 is an abstention,
``2 + label`` a vote, the largest value a failed document. The first 0 is therefore how far the
run is: the votes are the progress meter, and what is there when a process dies is kept.
"""

from __future__ import annotations

from mmap import mmap
from typing import Any

NOT_RUN = 0
OFFSET = 2
MAX_LABELS_IN_A_BYTE = 250


class Section:
    """The part of the memory that belongs to one file of documents.

    Parameters
    ----------
    memory
        What is mapped.
    first
        Codes before this section.
    n_docs
        Codes in it.
    code_width
        Bytes of a code, see :func:`width`.
    """

    def __init__(self, memory: mmap, first: int, n_docs: int, code_width: int) -> None:
        self.n_docs = n_docs
        self.width = code_width
        self.failed = 0xFF if code_width == 1 else 0xFFFF
        self._memory = memory
        self._first = first

    @property
    def codes(self) -> Any:
        """The codes as a memory that can be written by row."""
        every = memoryview(self._memory)
        codes = every.cast("B") if self.width == 1 else every.cast("H")
        return codes[self._first : self._first + self.n_docs]

    def copy(self) -> bytes:
        """Return the codes as they are now: the other side may go on writing."""
        return self._memory[self._first * self.width : (self._first + self.n_docs) * self.width]

    def fail(self, row: int) -> None:
        """Write that a document failed."""
        start = (self._first + row) * self.width
        self._memory[start : start + self.width] = self.failed.to_bytes(self.width, "little")

    def position(self, start: int) -> int:
        """Return the first row from ``start`` on that has not run; ``n_docs`` if all have."""
        stop = (self._first + self.n_docs) * self.width
        found = self._memory.find(bytes(self.width), (self._first + start) * self.width, stop)
        while found >= 0 and found % self.width:
            # Two zero bytes of neighbouring codes.
            found = self._memory.find(bytes(self.width), found + 1, stop)
        return self.n_docs if found < 0 else found // self.width - self._first


def width(cardinality: int) -> int:
    """Return the bytes of a code: 1 up to 250 labels, 2 beyond."""
    return 1 if cardinality <= MAX_LABELS_IN_A_BYTE else 2
