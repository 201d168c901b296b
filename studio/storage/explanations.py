"""Small JSON results that took long to make, by fingerprint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.storage.columns import to_json
from studio.storage.files import new_file, safe_name


class Explanations:
    """One JSON file a result, named by the fingerprint of what was asked.

    Parameters
    ----------
    folder
        Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, key: str, value: Mapping[str, Any]) -> None:
        """Store a result, in place of the one that has this key."""
        with new_file(self._path(key)) as stream:
            stream.write(to_json(dict(value)).encode("ascii"))

    def find(self, key: str) -> dict[str, Any] | None:
        """Return a result; None if there is none, or a damaged one."""
        try:
            found: dict[str, Any] = json.loads(self._path(key).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found

    def _path(self, key: str) -> Path:
        name = safe_name(key)
        return self._folder / name[:2] / f"{name}.json"
