"""Documents, their splits, and what a page of them is asked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from studio.core.errors import Invalid
from studio.core.filters import (
    FORBID_UNKNOWN,
    MAX_TEXT,
    Agreement,
    CellCondition,
    RunCondition,
    TextMode,
    VoteCondition,
    check_labels,
    check_range,
)

Scalar = str | int | float | bool | None
"""What a metadata cell may hold."""

MAX_TEXT_LENGTH: Final = 1_000_000
"""Characters of one text; longer ones are refused at import, since no page could show them."""

LONG_TEXT_LENGTH: Final = 10_000
"""Characters from which on a text is counted as overlong: a model reads its beginning only."""


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
    """Which documents a page asks for; an unset part does not narrow, all parts must hold.

    Attributes
    ----------
    text, mode, case, negate
        Words to search, how they are understood, whether capitals count, and whether texts that
        have them are left out instead. Whole words of scripts without blanks are substrings.
    split
        The only split.
    doc_ids
        A hand-picked list, in order.
    gold, weak
        Label indices, any of which must be the document's; ``NO_LABEL`` and ``ANY_LABEL`` of
        :mod:`studio.core.filters` among them. Empty does not narrow.
    confidence
        Lowest and highest probability of the weak label, in ``[0, 1]``, both included.
    votes, agreement, runs, cells
        What labeling functions, training runs and metadata must say.
    selection
        A selection word of ``services.selections``.
    """

    __pydantic_config__ = FORBID_UNKNOWN

    text: str = ""
    split: Split | None = None
    doc_ids: tuple[int, ...] | None = None
    mode: TextMode = TextMode.CONTAINS
    case: bool = False
    negate: bool = False
    gold: tuple[int, ...] = ()
    weak: tuple[int, ...] = ()
    confidence: tuple[float, float] | None = None
    votes: tuple[VoteCondition, ...] = ()
    agreement: Agreement | None = None
    runs: tuple[RunCondition, ...] = ()
    cells: tuple[CellCondition, ...] = ()
    selection: str = ""

    def __post_init__(self) -> None:
        if len(self.text) > MAX_TEXT:
            raise Invalid(
                f"The search has {len(self.text):,} characters; at most {MAX_TEXT:,} are allowed. "
                "Shorten it."
            )
        check_labels("gold", self.gold)
        check_labels("weak", self.weak)
        if self.confidence is not None:
            check_range("the confidence", *self.confidence)

    def to_json(self) -> dict[str, Any]:
        """Return the parts that are set, as JSON values."""
        found: dict[str, Any] = _adapter().dump_python(self, mode="json", exclude_defaults=True)
        return found

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> DocumentFilter:
        """Return the filter that :meth:`to_json` wrote; an address or a file may hold anything.

        Raises
        ------
        Invalid
            If it is not a filter; names the part.
        """
        try:
            return _adapter().validate_python(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            part = ".".join(str(place) for place in first["loc"])
            raise Invalid(f"The filter's part {part[:60]!r} is wrong: {first['msg']}.") from error


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[DocumentFilter]:
    # Built at the first use: most programs never write a filter down.
    return TypeAdapter(DocumentFilter)


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
