"""What was read stays true as long as the project's revision does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from studio.storage.database import Database
from studio.storage.projects import Projects

T = TypeVar("T")


class RevisionCache:
    """One value a project and name, kept for the revision that it was read at.

    Parameters
    ----------
    keep
        How many values are kept at most; the one used longest ago goes first.
    """

    def __init__(self, database: Database, projects: Projects, keep: int = 64) -> None:
        self._database = database
        self._projects = projects
        self._keep = keep
        self._values: dict[tuple[int, str], tuple[int, Any]] = {}
        self._lock = threading.Lock()

    def get(self, project_id: int, name: str, read: Callable[[], T]) -> T:
        """Return what ``read`` returns, or returned before if nothing has changed since."""
        if self._database.in_transaction:
            # What is read here may be rolled back, and its revision used again.
            return read()
        key = (project_id, name)
        # Asked before reading: a change in between makes the value look old, never new.
        revision = self._projects.revision(project_id)
        with self._lock:
            known = self._values.get(key)
        if known is not None and known[0] == revision:
            return known[1]
        value = read()
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (revision, value)
            while len(self._values) > self._keep:
                del self._values[next(iter(self._values))]
        return value
