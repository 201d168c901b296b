"""Slices: filters under a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from studio.core.documents import DocumentFilter
from studio.core.errors import Invalid

MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class Slice:
    """A filter that people saved under a name.

    A slice holds no documents: its filter is asked anew each time, so what comes later belongs to
    it too.
    """

    slice_id: int
    project_id: int
    name: str
    filter: DocumentFilter
    created_by: str
    created_at: datetime
    deleted: bool = False


@dataclass(frozen=True)
class Scope:
    """The part of a project that something is made from: a slice, or all ``outside`` of it."""

    slice_id: int
    outside: bool = False


def check_name(name: str) -> str:
    """Return the name without blanks around it.

    Raises
    ------
    Invalid
        If it is empty, too long, or cannot be printed.
    """
    clean = name.strip()
    if not clean or len(clean) > MAX_NAME_LENGTH or not clean.isprintable():
        raise Invalid(
            f"A slice needs a name of 1 to {MAX_NAME_LENGTH} printable characters, got "
            f"{clean[:40]!r}."
        )
    return clean
