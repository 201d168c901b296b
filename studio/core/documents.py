"""Documents, their splits, and what a page of them is asked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from studio.core.errors import Invalid

Scalar = str | int | float | bool | None
"""What a metadata cell may hold."""

MAX_TEXT_LENGTH: Final = 1_000_000
"""Characters of one text; longer ones are refused at import, since no page could show them."""


class Split(StrEnum):
    """The part of the project that a document serves."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"

    @property
    def code(self) -> int:
        """The int8 that stands for the split in a column file: 0, 1, 2."""
        return _ORDER.index(self)

    @staticmethod
    def from_code(code: int) -> Split:
        """Return the split of a column file's int8."""
        return _ORDER[code]

    @staticmethod
    def parse(value: str) -> Split:
        """Return the split that a cell of a file means; usual synonyms are understood.

        Raises
        ------
        Invalid
            If the value is none of them.
        """
        found = _SYNONYMS.get(value.strip().casefold())
        if found is None:
            raise Invalid(f"{value[:60]!r} is not a split; use train, dev or test.")
        return found


_ORDER = (Split.TRAIN, Split.DEV, Split.TEST)
_SYNONYMS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "dev": Split.DEV,
    "valid": Split.DEV,
    "validation": Split.DEV,
    "val": Split.DEV,
    "test": Split.TEST,
    "testing": Split.TEST,
}


@dataclass(frozen=True)
class Document:
    """One text with what came along.

    ``doc_id`` is its row in the project, ``0..n-1``, never reused. ``metadata`` holds the other
    columns of the file it came from.
    """

    doc_id: int
    external_id: str
    text: str
    split: Split
    metadata: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentFilter:
    """Which documents a page asks for; an unset part does not narrow.

    ``text`` is a substring, compared without case. ``doc_ids`` is a hand-picked list, in order.
    """

    text: str = ""
    split: Split | None = None
    doc_ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """Which column of a file is what; all columns not named become metadata.

    Vote columns are named ``vote:NAME`` in the file; ``NAME`` becomes an LF of the kind *votes*.
    ``fixed_split`` puts all documents of the file into one split; it wins over ``split``.
    """

    text: str
    label: str | None = None
    split: str | None = None
    external_id: str | None = None
    fixed_split: Split | None = None

    def __post_init__(self) -> None:
        named = [c for c in (self.text, self.label, self.split, self.external_id) if c]
        for column in named:
            if named.count(column) > 1:
                raise Invalid(
                    f"The column {column!r} was chosen twice; a column can be only one of text, "
                    "label, split and id."
                )
