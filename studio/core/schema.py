"""Label names and their indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from studio.core.errors import Invalid

ABSTAIN: Final = -1
"""The vote of a labeling function that has no opinion (Snorkel's convention)."""

MAX_LABELS: Final = 1000
MAX_NAME_LENGTH: Final = 100


@dataclass(frozen=True)
class LabelSchema:
    """Ordered label names; the position of a name is its index, ``0..k-1``.

    Raises
    ------
    Invalid
        If there are fewer than two names, more than 1,000, an empty or overlong one, or two that
        differ only in case or surrounding space (nobody could tell them apart on a button).
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.names) <= MAX_LABELS:
            raise Invalid(
                f"A project needs 2 to {MAX_LABELS} labels, got {len(self.names)}. "
                "Name at least two, for example: ham, spam."
            )
        seen: dict[str, str] = {}
        for name in self.names:
            self._check_name(name, seen)

    @staticmethod
    def _check_name(name: str, seen: dict[str, str]) -> None:
        if not name.strip() or name != name.strip() or not name.isprintable():
            raise Invalid(
                f"The label name {name!r} is empty, starts or ends with a space, or has control "
                "characters. Use plain words."
            )
        if len(name) > MAX_NAME_LENGTH:
            raise Invalid(
                f"The label name {name[:40]!r}… has {len(name)} characters; "
                f"at most {MAX_NAME_LENGTH} are allowed."
            )
        if name.casefold() in seen:
            raise Invalid(
                f"The labels {seen[name.casefold()]!r} and {name!r} are the same name. "
                "Give each label its own name."
            )
        seen[name.casefold()] = name

    @property
    def cardinality(self) -> int:
        """Number of labels, *k*."""
        return len(self.names)

    def name_of(self, index: int) -> str:
        """Return the name of a label index; ``ABSTAIN`` is called "abstain".

        Raises
        ------
        Invalid
            If ``index`` is outside ``-1..k-1``.
        """
        if index == ABSTAIN:
            return "abstain"
        if not 0 <= index < self.cardinality:
            raise Invalid(
                f"There is no label with index {index}; the labels are {self.describe()}."
            )
        return self.names[index]

    def index_of(self, name: str) -> int:
        """Return the index of a label name, compared without case and surrounding space.

        Raises
        ------
        Invalid
            If no label has this name.
        """
        wanted = name.strip().casefold()
        for index, known in enumerate(self.names):
            if known.casefold() == wanted:
                return index
        raise Invalid(f"There is no label {name!r}; the labels are {self.describe()}.")

    def parse(self, value: object) -> int:
        """Return the label index that a cell of a file means: a name or an index.

        A name wins over an index, so that labels named "1" and "0" keep their meaning.
        Whole floats count as indices, because spreadsheets turn integers into floats.

        Raises
        ------
        Invalid
            If the value is neither a name nor an index of this schema.
        """
        text = str(value).strip()
        for index, known in enumerate(self.names):
            if known.casefold() == text.casefold():
                return index
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if number.is_integer() and 0 <= number < self.cardinality:
            return int(number)
        raise Invalid(
            f"{text[:60]!r} is not a label; the labels are {self.describe()}, "
            f"or their indices 0 to {self.cardinality - 1}."
        )

    def knows(self, value: object) -> bool:
        """Whether :meth:`parse` takes ``value``."""
        try:
            self.parse(value)
        except Invalid:
            return False
        return True

    def describe(self, most: int = 12) -> str:
        """Return the names, ``most`` of them, as a short list for a sentence."""
        shown = ", ".join(self.names[:most])
        rest = self.cardinality - most
        return f"{shown} and {rest} more" if rest > 0 else shown
