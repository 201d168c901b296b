"""Documents: texts in mapped files, splits in rows."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from studio.core.documents import Document, DocumentFilter, Split
from studio.core.errors import Conflict, Invalid, NotFound
from studio.storage.cache import RevisionCache
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.files import sync_folder
from studio.storage.projects import Projects
from studio.storage.searching import MappedShards
from studio.storage.shards import (
    CORE_COLUMNS,
    Shard,
    ShardFile,
    ShardFiles,
    check_codes,
    take_rows,
)
from studio.storage.tables import projects as projects_table
from studio.storage.tables import shards

__all__ = ["Documents", "Shard", "Writer"]


class Documents:
    """The table of shards and the files it points to.

    Parameters
    ----------
    home
        The studio's home; shards lie in ``projects/<id>/shards`` below it.
    """

    def __init__(self, database: Database, projects: Projects, home: Path) -> None:
        self._database = database
        self._projects = projects
        self._home = home
        self._mapped = MappedShards()
        self._cache = RevisionCache(database, projects)

    def open_writer(self, project_id: int) -> Writer:
        """Return a writer of new documents; use it in a ``with`` statement."""
        self._projects.get(project_id)
        return Writer(self._database, self._projects, self._home, project_id)

    def count(self, project_id: int) -> int:
        """Return how many documents a project has."""
        return self._projects.count_documents(project_id)

    def shards(self, project_id: int) -> tuple[Shard, ...]:
        """Return the shards of a project, in the order of their documents."""
        return self._cache.get(project_id, "shards", lambda: self._read_shards(project_id))

    def table(self, shard: Shard) -> pa.Table:
        """Return a shard's table, mapped: external_id, text, and metadata columns."""
        return self._mapped.table(shard)

    def get(self, project_id: int, doc_ids: Sequence[int]) -> list[Document]:
        """Return documents in the order of ``doc_ids``.

        Raises
        ------
        NotFound
            If the project has no document with one of these ids.
        """
        ids = np.asarray(doc_ids, np.int64).reshape(-1)
        found: dict[int, Document] = {}
        located = self._locate(project_id, ids)
        codes = self.splits(project_id)  # after the shards, so that it covers them all
        for shard, rows in located:
            picked = take_rows(self.table(shard), rows)
            for row, cells in zip(rows.tolist(), picked, strict=True):
                doc_id = shard.first_doc_id + row
                found[doc_id] = Document(
                    doc_id=doc_id,
                    external_id=cells.pop("external_id"),
                    text=cells.pop("text"),
                    split=Split.from_code(int(codes[doc_id])),
                    metadata=cells,
                )
        return [found[doc_id] for doc_id in ids.tolist()]

    def texts(self, project_id: int, doc_ids: Sequence[int] | None = None) -> list[str]:
        """Return texts in the order of ``doc_ids``; all of them, in order, if that is None."""
        if doc_ids is None:
            every = (self.table(s).column("text").to_pylist() for s in self.shards(project_id))
            return [text for part in every for text in part]
        ids = np.asarray(doc_ids, np.int64).reshape(-1)
        found: dict[int, str] = {}
        for shard, rows in self._locate(project_id, ids):
            picked = take_rows(self.table(shard).select(["text"]), rows)
            ids_here = (rows + shard.first_doc_id).tolist()
            found.update((i, cells["text"]) for i, cells in zip(ids_here, picked, strict=True))
        return [found[doc_id] for doc_id in ids.tolist()]

    def splits(self, project_id: int) -> NDArray[np.int8]:
        """Return the split code of each document, int8 ``[n_docs]`` (see ``Split.code``)."""
        return self._cache.get(project_id, "splits", lambda: self._read_splits(project_id)).copy()

    def set_splits(self, project_id: int, splits: NDArray[np.int8]) -> None:
        """Give every document its split anew, int8 ``[n_docs]``.

        Raises
        ------
        Invalid
            If a code is none, or there is not one a document.
        """
        check_codes(splits)
        with self._database.transaction() as connection:
            _, n_docs = self._projects.lock(project_id)
            if len(splits) != n_docs:
                raise Invalid(f"{len(splits)} splits were given for {n_docs} documents.")
            for shard in self._read_shards(project_id):
                part = splits[shard.first_doc_id : shard.first_doc_id + shard.n_docs]
                connection.execute(
                    sa.update(shards)
                    .where(shards.c.id == shard.shard_id)
                    .values(splits=part.astype(np.int8).tobytes())
                )
            self._projects.touch(project_id)

    def matching(self, project_id: int, query: DocumentFilter) -> NDArray[np.bool_]:
        """Return bool ``[n_docs]``: which documents have the texts, split and cells asked for.

        The other parts of a filter are no matter of storage; see ``services.browsing``.

        Raises
        ------
        Invalid
            If the text is a regular expression that is not understood.
        """
        shards_now = self.shards(project_id)
        passing = np.ones(sum(shard.n_docs for shard in shards_now), np.bool_)
        if query.split is not None:
            # Documents may have come since the shards were read; they never go.
            passing &= self.splits(project_id)[: len(passing)] == query.split.code
        if query.text:
            holds = self._mapped.holds(shards_now, query.text, query.mode, query.case)
            passing &= ~holds if query.negate else holds
        for condition in query.cells:
            passing &= self._mapped.cells(shards_now, condition)
        return passing

    def cell_counts(self, project_id: int, column: str, *, most: int = 200) -> dict[str, int]:
        """Return the values of a metadata column, as written, with their counts, most first.

        Empty cells are left out. Empty where there are more than ``most`` values: such a column
        is no list of choices.
        """
        return self._mapped.cell_counts(self.shards(project_id), column, most)

    def metadata_columns(self, project_id: int) -> tuple[str, ...]:
        """Return the names of all metadata columns, in the order they first came."""
        names: dict[str, None] = {}
        for shard in self.shards(project_id):
            names.update(dict.fromkeys(self.table(shard).column_names))
        return tuple(name for name in names if name not in CORE_COLUMNS)

    def text_lengths(self, project_id: int) -> NDArray[np.int32]:
        """Return the length of each text in characters, int32 ``[n_docs]``."""
        return self._mapped.lengths(self.shards(project_id))

    def _locate(
        self, project_id: int, ids: NDArray[np.int64]
    ) -> list[tuple[Shard, NDArray[np.int64]]]:
        """Return which rows of which shards hold some documents, each once, ascending."""
        wanted = np.unique(ids)
        parts = []
        n_found = 0
        for shard in self.shards(project_id):
            rows = wanted - shard.first_doc_id
            rows = rows[(rows >= 0) & (rows < shard.n_docs)]
            if len(rows):
                parts.append((shard, rows))
                n_found += len(rows)
        if n_found < len(wanted):
            n = self.count(project_id)
            wrong = wanted[(wanted < 0) | (wanted >= n)]
            raise NotFound(
                f"The project has no document {int(wrong[0]) if len(wrong) else wanted.tolist()}; "
                f"its documents are 0 to {n - 1}."
            )
        return parts

    def _read_shards(self, project_id: int) -> tuple[Shard, ...]:
        columns = [column for column in shards.c if column is not shards.c.splits]
        query = sa.select(*columns).where(shards.c.project_id == project_id)
        return tuple(
            Shard(
                shard_id=row["id"],
                project_id=row["project_id"],
                first_doc_id=row["first_doc_id"],
                n_docs=row["n_docs"],
                path=self._home / row["path"],
                fingerprint=row["fingerprint"],
            )
            for row in self._database.rows(query.order_by(shards.c.first_doc_id))
        )

    def _read_splits(self, project_id: int) -> NDArray[np.int8]:
        query = sa.select(shards.c.splits).where(shards.c.project_id == project_id)
        rows = self._database.rows(query.order_by(shards.c.first_doc_id))
        return np.frombuffer(b"".join(row["splits"] for row in rows), np.int8)


class Writer:
    """New documents on their way in; nobody sees them before :meth:`commit`."""

    def __init__(
        self, database: Database, projects: Projects, home: Path, project_id: int
    ) -> None:
        self._database = database
        self._projects = projects
        self._home = home
        self._project_id = project_id
        self._folder = home / "projects" / str(project_id) / "shards"
        self._temporary = self._folder / f".new-{uuid.uuid4().hex}"
        self._temporary.mkdir(parents=True)
        self._files = ShardFiles(self._temporary)
        self._closed = False

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        self._files.abandon()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def write(self, batch: pa.RecordBatch, splits: NDArray[np.int8]) -> None:
        """Append documents.

        Parameters
        ----------
        batch
            Columns external_id and text, without gaps, and metadata of any flat type.
        splits
            int8 ``[n_rows]``, see ``Split.code``.

        Raises
        ------
        Invalid
            If a column is missing, doubled or nested, or a split is none.
        Conflict
            If the writer was closed.
        """
        self._refuse_closed()
        self._files.write(batch, splits)

    def commit(self) -> tuple[Shard, ...]:
        """Publish everything written, at once, and return the new shards.

        Inside of an open transaction the documents are in when that one ends.
        """
        self._refuse_closed()
        self._closed = True
        files = self._files.finish()
        with self._database.transaction() as connection:
            _, n_docs = self._projects.lock(self._project_id)
            published = []
            for file in files:
                published.append(self._publish(file, n_docs))
                n_docs += len(file.splits)
            connection.execute(
                sa.update(projects_table)
                .where(projects_table.c.id == self._project_id)
                .values(n_docs=n_docs)
            )
            self._projects.touch(self._project_id)
        sync_folder(self._folder)
        return tuple(published)

    def _publish(self, file: ShardFile, first_doc_id: int) -> Shard:
        path = self._folder / f"{file.fingerprint}.arrow"
        # Named by its bytes: if it is there, the same documents were imported before.
        if not path.exists():
            file.path.replace(path)
        row = {
            "project_id": self._project_id,
            "first_doc_id": first_doc_id,
            "n_docs": len(file.splits),
            "fingerprint": file.fingerprint,
            "path": path.relative_to(self._home).as_posix(),
            "splits": file.splits.tobytes(),
            "created_at": now(),
        }
        shard_id = self._database.insert(shards, row)
        return Shard(
            shard_id=shard_id,
            project_id=self._project_id,
            first_doc_id=first_doc_id,
            n_docs=len(file.splits),
            path=path,
            fingerprint=file.fingerprint,
        )

    def _refuse_closed(self) -> None:
        if self._closed:
            raise Conflict("These documents were published or dropped already; open a new writer.")
