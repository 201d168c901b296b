"""Files that people sent and that are not imported yet."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from studio.core.errors import NotFound
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.files import new_file
from studio.storage.projects import Projects
from studio.storage.tables import uploads

_SECRET = re.compile(r"\.secret\.([0-9a-f]{32})")


@dataclass(frozen=True)
class Upload:
    """A file set aside. ``name`` is what the sender called it: data, never part of a path."""

    upload_id: str
    project_id: int
    name: str
    path: Path
    size: int
    created_by: str
    created_at: datetime


class Uploads:
    """The table of uploads and the folder of their bytes.

    Parameters
    ----------
    folder
        Where the bytes lie, each file named by the upload's id.
    """

    def __init__(self, database: Database, projects: Projects, folder: Path) -> None:
        self._database = database
        self._projects = projects
        self._folder = folder

    def save(self, stream: BinaryIO, name: str, actor: str, project_id: int) -> Upload:
        """Set a stream aside, from its beginning if it can go back there, under a new id."""

        def copy(target: BinaryIO) -> None:
            if stream.seekable():
                stream.seek(0)
            shutil.copyfileobj(stream, target, 1 << 20)

        return self.write(copy, name=name, actor=actor, project_id=project_id)

    def write(
        self,
        fill: Callable[[BinaryIO], object],
        *,
        name: str,
        actor: str,
        project_id: int,
        upload_id: str | None = None,
    ) -> Upload:
        """Set aside what ``fill`` writes; after an error nothing is left.

        Parameters
        ----------
        upload_id
            32 hexadecimal digits, for work that may be done twice: an upload that is there
            already is written over and stays one. A new id by default.
        """
        self._projects.get(project_id)
        chosen = uuid.UUID(upload_id).hex if upload_id else uuid.uuid4().hex
        path = self._folder / chosen
        with new_file(path) as target:
            fill(target)
        row = {
            "id": chosen,
            "project_id": project_id,
            "name": name,
            "size": path.stat().st_size,
            "created_by": actor,
            "created_at": now(),
        }
        try:
            with self._database.transaction() as connection:
                connection.execute(sa.delete(uploads).where(uploads.c.id == chosen))
                connection.execute(sa.insert(uploads).values(row))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self.get(chosen)

    def keep_secret(self, secret: str) -> str:
        """Keep a password in a file that only the studio's user can read; return its key.

        It is never in the database. Whoever used it calls :meth:`drop_secret`; one that is
        forgotten is swept away with other leftovers.
        """
        key = uuid.uuid4().hex
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._secret_path(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(secret)
        return key

    def secret(self, key: str) -> str:
        """Return a password that was kept.

        Raises
        ------
        NotFound
            If it is gone.
        """
        try:
            return self._secret_path(key).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise NotFound("The password is no longer there. Start the import again.") from error

    def drop_secret(self, key: str) -> None:
        """Remove a kept password; one that is gone already is none the worse for it."""
        self._secret_path(key).unlink(missing_ok=True)

    def drop_forgotten_secrets(self, waiting: Collection[str]) -> None:
        """Remove kept passwords that no job waits for.

        Parameters
        ----------
        waiting
            Keys that are still needed. What is younger than a minute stays too: its job may not
            be stored yet.
        """
        for path in self._folder.glob(".secret.*"):
            found = _SECRET.fullmatch(path.name)
            if found is None or found[1] in waiting:
                continue
            with contextlib.suppress(FileNotFoundError):  # somebody else was faster
                if path.stat().st_mtime < time.time() - 60:
                    path.unlink()

    def _secret_path(self, key: str) -> Path:
        return self._folder / f".secret.{uuid.UUID(key).hex}"

    def get(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises
        ------
        NotFound
            If there is none with this id, or its file is gone.
        """
        row = self._database.row(sa.select(uploads).where(uploads.c.id == upload_id))
        if row is None or not (self._folder / row["id"]).exists():
            raise NotFound("This upload is no longer there. Upload the file again.")
        return Upload(
            upload_id=row["id"],
            project_id=row["project_id"],
            name=row["name"],
            path=self._folder / row["id"],
            size=row["size"],
            created_by=row["created_by"],
            created_at=row["created_at"],
        )

    def exists(self, upload_id: str) -> bool:
        """Return whether an upload still waits for its import."""
        try:
            self.get(upload_id)
        except NotFound:
            return False
        return True

    def delete(self, upload_id: str) -> None:
        """Forget an upload; one that is gone already is none the worse for it."""
        with self._database.transaction() as connection:
            gone = connection.execute(sa.delete(uploads).where(uploads.c.id == upload_id))
            if gone.rowcount:
                path = self._folder / upload_id
                self._database.after_commit(lambda: path.unlink(missing_ok=True))
