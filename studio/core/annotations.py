"""People's answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AnnotationStatus(StrEnum):
    """What a person did with a document. Only submitted answers are gold."""

    SUBMITTED = "submitted"
    DISCARDED = "discarded"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Annotation:
    """A person's answer for one document. ``label`` is None unless submitted."""

    annotation_id: int
    doc_id: int
    label: int | None
    status: AnnotationStatus
    annotator: str
    at: datetime


@dataclass(frozen=True)
class Answer:
    """An answer on its way into the journal.

    ``key`` is made where the answer is given and is unique; sending the same answer twice (a
    reconnect, a double click) stores it once.
    """

    key: str
    doc_id: int
    label: int | None
    status: AnnotationStatus = AnnotationStatus.SUBMITTED
