"""What a labeling function may use before it is stopped."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one labeling function on one file of documents; each one passed is a fault.

    Attributes
    ----------
    document_seconds
        Wall-clock seconds for one document; then it abstains and the next one is tried.
    load_seconds
        Wall-clock seconds for the code outside of the functions.
    cpu_seconds
        Seconds of processor time in all; None for 60 s, or 1 ms a document if that is more.
    wall_seconds
        Seconds in all.
    memory_bytes
        Of address space, what Python itself needs included.
    max_timeouts
        Documents that may time out, or run out of memory, before the rest is not run.
    max_restarts
        How often the function may take its process down and go on after the document at fault.
    niceness
        Of its process, 0 to 19: how much it stands back behind the rest of the studio.
    """

    document_seconds: float = 1.0
    load_seconds: float = 10.0
    cpu_seconds: float | None = None
    wall_seconds: float = 3600.0
    memory_bytes: int = 2 << 30
    max_timeouts: int = 10
    max_restarts: int = 3
    niceness: int = 0

    def cpu_for(self, n_docs: int) -> float:
        """Return the seconds of processor time for a number of documents."""
        return max(60.0, n_docs / 1000) if self.cpu_seconds is None else self.cpu_seconds
