"""Lists of terms that an expert keeps, each with a label or without."""

from __future__ import annotations

import keyword
from dataclasses import dataclass

from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint

MAX_TERMS = 200_000
LABELS_SUFFIX = "_labels"
"""Behind the name of a lexicon, what code imports its labels by; hence no lexicon ends so."""


@dataclass(frozen=True)
class Lexicon:
    """A named list of terms.

    ``labels`` has one entry a term: the name of the label that the term speaks for, None where the
    list says nothing. ``name`` is a Python identifier, because code can import it.
    """

    name: str
    terms: tuple[str, ...]
    labels: tuple[str | None, ...]

    def __post_init__(self) -> None:
        if self.name.endswith(LABELS_SUFFIX) or keyword.iskeyword(self.name):
            raise Invalid(
                f"{self.name[:40]!r} cannot name a lexicon: names that end in {LABELS_SUFFIX!r} "
                "and Python's own words mean something else in code. Choose another name."
            )
        if not self.name.isidentifier() or self.name.startswith("_"):
            raise Invalid(
                f"A lexicon needs a name of letters, digits and underscores that starts with a "
                f"letter, got {self.name[:40]!r}."
            )
        if not self.terms:
            raise Invalid(f"The lexicon {self.name!r} has no terms. Write one a line.")
        if len(self.terms) > MAX_TERMS:
            raise Invalid(
                f"The lexicon {self.name!r} has {len(self.terms):,} terms; at most "
                f"{MAX_TERMS:,} are allowed. Split it into several."
            )
        if len(self.labels) != len(self.terms):
            raise Invalid(
                f"The lexicon {self.name!r} has {len(self.terms)} terms and {len(self.labels)} "
                "labels; give one label a term, or none."
            )

    @property
    def fingerprint(self) -> str:
        """Changes exactly when the terms or their labels do."""
        return fingerprint(list(self.terms), list(self.labels))
