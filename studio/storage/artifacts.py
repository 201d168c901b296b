"""Folders of files that jobs leave: models, training sets, exports."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.core.errors import Invalid
from studio.storage.files import safe_name

_ATTEMPTS = 20


class Artifacts:
    """Folders below ``home/artifacts``, and the only way from a stored path to a real one.

    Parameters
    ----------
    home
        The studio's home.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    @contextmanager
    def new_folder(self, kind: str, name: str) -> Iterator[Path]:
        """Yield an empty temporary folder, renamed to ``artifacts/<kind>/<name>`` at the end.

        After an error nothing is left of it. A folder of this name that is there already is
        replaced: a job that was killed and began anew makes its result again.
        """
        target = self._home / "artifacts" / safe_name(kind) / safe_name(name)
        temporary = target.with_name(f".new-{uuid.uuid4().hex}")
        temporary.mkdir(parents=True)
        try:
            yield temporary
            _put(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def path(self, relative: str) -> Path:
        """Return the real path of one that is relative to the home.

        Raises
        ------
        Invalid
            If it would leave the home.
        """
        home = self._home.resolve()
        if "\0" not in relative:
            path = (home / relative).resolve()
            if path != home and path.is_relative_to(home):
                return path
        raise Invalid(f"The path {relative[:100]!r} is not inside of the studio's home.")

    def relative(self, path: Path) -> str:
        """Return a path as it is stored: relative to the home, with forward slashes.

        Raises
        ------
        Invalid
            If it lies outside of the home.
        """
        checked = self.path(str(path))
        return checked.relative_to(self._home.resolve()).as_posix()


def _put(temporary: Path, target: Path) -> None:
    # A folder that is not empty cannot be renamed over, so the old one steps aside first. Another
    # process may put its own there meanwhile; then that one steps aside, too.
    for attempt in range(_ATTEMPTS):
        aside = target.with_name(f".old-{uuid.uuid4().hex}")
        with suppress(FileNotFoundError):
            target.rename(aside)
        try:
            temporary.rename(target)
        except OSError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return
        finally:
            shutil.rmtree(aside, ignore_errors=True)
