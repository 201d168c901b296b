"""How votes lie in the memory that both sides map.

One code a document: 0 is "not run yet" (what new memory is made of), 1 is an abstention,
``2 + label`` a vote, the largest value a failed document. The first 0 is therefore how far the
run is: the votes are the progress meter, and what is there when a process dies is kept.
"""

from __future__ import annotations

from mmap import mmap

NOT_RUN = 0
OFFSET = 2
MAX_LABELS_IN_A_BYTE = 250


def width(cardinality: int) -> int:
    """Return the bytes of a code: 1 up to 250 labels, 2 beyond."""
    return 1 if cardinality <= MAX_LABELS_IN_A_BYTE else 2


def failed(code_width: int) -> int:
    """Return the code of a failed document."""
    return 0xFF if code_width == 1 else 0xFFFF


def first_not_run(memory: mmap, code_width: int, start: int, stop: int) -> int:
    """Return the first row in ``start..stop`` that has not run; ``stop`` if all have."""
    position = memory.find(bytes(code_width), start * code_width, stop * code_width)
    while position >= 0 and position % code_width:
        # Two zero bytes of neighbouring codes.
        position = memory.find(bytes(code_width), position + 1, stop * code_width)
    return stop if position < 0 else position // code_width
