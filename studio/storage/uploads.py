"""Files that people sent and that are not imported yet."""

from __future__ import annotations

import shutil
import uuid
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
        self._projects.get(project_id)
        upload_id = uuid.uuid4().hex
        path = self._folder / upload_id
        if stream.seekable():
            stream.seek(0)
        with new_file(path) as target:
            shutil.copyfileobj(stream, target, 1 << 20)
        row = {
            "id": upload_id,
            "project_id": project_id,
            "name": name,
            "size": path.stat().st_size,
            "created_by": actor,
            "created_at": now(),
        }
        try:
            with self._database.transaction() as connection:
                connection.execute(sa.insert(uploads).values(row))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self.get(upload_id)

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

    def delete(self, upload_id: str) -> None:
        """Forget an upload; one that is gone already is none the worse for it."""
        with self._database.transaction() as connection:
            gone = connection.execute(sa.delete(uploads).where(uploads.c.id == upload_id))
            if gone.rowcount:
                path = self._folder / upload_id
                self._database.after_commit(lambda: path.unlink(missing_ok=True))
