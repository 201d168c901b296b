"""A project: documents, a label schema, and all that was made from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from studio.core.schema import LabelSchema


@dataclass(frozen=True)
class Project:
    """One piece of work of a team.

    ``revision`` rises with every change, so that whoever caches can ask whether it is still true.
    ``chosen_fit`` is the label model whose weak labels serve; None before one was fitted.
    """

    project_id: int
    name: str
    schema: LabelSchema
    revision: int = 0
    description: str = ""
    chosen_fit: int | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True)
class Event:
    """One thing that happened in a project, for the journal of the operator."""

    at: datetime
    actor: str
    kind: str
    detail: str
