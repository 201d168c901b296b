"""What a process that was killed leaves behind."""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import timedelta
from pathlib import Path

_LEFTOVER = re.compile(r"\.(new|old|.+)[.-][0-9a-f]{32}")
_FOLDERS = ("projects", "arrays", "explanations", "uploads", "artifacts")


def sweep_leftovers(home: Path, older_than: timedelta) -> int:
    """Remove temporary files and folders that nobody finishes any more; return how many.

    Parameters
    ----------
    home
        The studio's home.
    older_than
        Only what has not changed for this long goes; somebody may still write the rest.
    """
    end = time.time() - older_than.total_seconds()
    removed = 0
    for top in _FOLDERS:
        for folder, names, files in os.walk(home / top):
            for name in [name for name in (*names, *files) if _LEFTOVER.fullmatch(name)]:
                path = Path(folder, name)
                if _last_change(path) < end:
                    removed += 1
                    _remove(path)
            names[:] = [name for name in names if not _LEFTOVER.fullmatch(name)]
    return removed


def _last_change(path: Path) -> float:
    inside = [inner.lstat().st_mtime for inner in path.rglob("*")] if path.is_dir() else []
    return max([path.lstat().st_mtime, *inside])


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
