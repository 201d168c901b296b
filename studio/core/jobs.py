"""Jobs: work that outlives the click that asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from studio.core.errors import FailureCategory


class JobState(StrEnum):
    """Where a job stands: queued → running → one of the four ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class Job:
    """One unit of work as it stands in the database.

    ``spec`` and ``result`` hold JSON values only: ids and options, never objects. ``progress`` is
    in ``[0, 1]`` and never falls. ``error`` is a sentence for the user. Times are UTC.
    """

    job_id: int
    kind: str
    spec: Mapping[str, Any]
    state: JobState
    project_id: int | None = None
    progress: float = 0.0
    message: str = ""
    created_by: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    heartbeat_at: datetime | None = None
    cancel_requested: bool = False
    category: FailureCategory | None = None
    error: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


class Progress(Protocol):
    """How a handler says where it stands; calling it is also how it learns of a stop."""

    def __call__(self, fraction: float, message: str = "") -> None:
        """Report ``fraction`` in ``[0, 1]`` done.

        Raises
        ------
        Canceled
            If somebody asked the job to stop.
        """


def no_progress(fraction: float, message: str = "") -> None:
    """Report to nobody: the :class:`Progress` of tests and short calls."""
