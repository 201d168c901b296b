"""The journal of annotations: nothing is overwritten, everything can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import RowMapping

from studio.core.annotations import Annotation, AnnotationStatus, Answer
from studio.core.errors import Invalid, NotFound
from studio.core.fingerprints import fingerprint
from studio.core.schema import LabelSchema
from studio.storage.cache import RevisionCache
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.files import save_array
from studio.storage.journal import SUBMITTED, Current, load_gold, read_current
from studio.storage.projects import Projects
from studio.storage.tables import answers, entries

EntryKind = Literal["answer", "bulk", "import"]
MAX_KEY_LENGTH = 200
_KEYS_A_QUERY = 2_000


class Annotations:
    """The tables of entries and answers. An entry is what one undo takes back.

    Parameters
    ----------
    home
        The studio's home; imported gold lies in ``projects/<id>/gold`` below it.
    """

    def __init__(self, database: Database, projects: Projects, home: Path) -> None:
        self._database = database
        self._projects = projects
        self._home = home
        self._cache = RevisionCache(database, projects)

    def add(
        self, project_id: int, new: Sequence[Answer], *, actor: str, kind: EntryKind = "answer"
    ) -> int | None:
        """Add answers as one entry; those whose key is known are left out.

        Returns
        -------
        int | None
            The entry's id; None if all were known.

        Raises
        ------
        Invalid
            If a document or label does not exist, or a label does not go with the status.
        """
        with self._database.transaction() as connection:
            project, n_docs = self._projects.lock(project_id)
            fresh = {answer.key: answer for answer in reversed(new)}
            for key in self._known(project_id, list(fresh)):
                fresh.pop(key, None)
            # The reversal makes the first of two equal keys win; this restores the order.
            ordered = list(reversed(fresh.values()))
            for answer in ordered:
                _check(answer, project.schema, n_docs)
            if not ordered:
                return None
            entry_id = self._add_entry(project_id, kind, actor)
            rows = [
                {
                    "entry_id": entry_id,
                    "project_id": project_id,
                    "key": answer.key,
                    "doc_id": int(answer.doc_id),
                    "label": None if answer.label is None else int(answer.label),
                    "status": answer.status.value,
                }
                for answer in ordered
            ]
            connection.execute(sa.insert(answers), rows)
            self._projects.touch(project_id)
            return entry_id

    def add_gold(
        self,
        project_id: int,
        doc_ids: NDArray[np.int64],
        labels: NDArray[np.int16],
        *,
        actor: str,
    ) -> int:
        """Add labels that came with a file as one entry and return its id.

        Parameters
        ----------
        doc_ids
            int64 ``[n]``.
        labels
            int16 ``[n]``, label indices.

        Raises
        ------
        Invalid
            If a document or label does not exist.
        """
        columns = np.stack([doc_ids.astype(np.int64), labels.astype(np.int64)])
        path = self._home / "projects" / str(project_id) / "gold" / f"{fingerprint(columns)}.npy"
        with self._database.transaction():
            project, n_docs = self._projects.lock(project_id)
            _check_range("document", columns[0], n_docs)
            _check_range("label", columns[1], project.schema.cardinality)
            save_array(path, columns, durable=True)
            entry_id = self._add_entry(
                project_id, "import", actor, path=path.relative_to(self._home).as_posix()
            )
            self._projects.touch(project_id)
        return entry_id

    def undo(self, project_id: int, *, actor: str, key: str | None = None) -> tuple[int, ...]:
        """Take back the newest entry of a person that is not undone; imports stay.

        Parameters
        ----------
        key
            Key of an answer: the entry with this answer is taken back instead of the newest.

        Returns
        -------
        tuple[int, ...]
            The documents that it was for; empty if there was none, or it was undone before.
        """
        with self._database.transaction():
            self._projects.lock(project_id)
            query = sa.select(entries.c.id).where(
                entries.c.project_id == project_id,
                entries.c.annotator == actor,
                entries.c.undone_at.is_(None),
                entries.c.kind != "import",
            )
            if key is not None:
                of_key = (answers.c.project_id == project_id) & (answers.c.key == key)
                query = query.where(entries.c.id.in_(sa.select(answers.c.entry_id).where(of_key)))
            newest = self._database.row(query.order_by(entries.c.id.desc()).limit(1))
            if newest is None:
                return ()
            self.undo_entry(newest["id"])
            return self._documents_of(newest["id"])

    def undo_entry(self, entry_id: int) -> None:
        """Take back one entry, whoever made it. Twice is as good as once.

        Raises
        ------
        NotFound
            If there is no such entry.
        """
        self._set_undone(entry_id, undone=True)

    def redo_entry(self, entry_id: int) -> None:
        """Take an undo back: the entry counts again, at its old place in the journal.

        Raises
        ------
        NotFound
            If there is no such entry.
        """
        self._set_undone(entry_id, undone=False)

    def gold(self, project_id: int) -> NDArray[np.int16]:
        """Return the label of each document that people agreed on last.

        Returns
        -------
        NDArray[np.int16]
            ``[n_docs]``; ``ABSTAIN`` where there is no answer, or a newer discarded one.
        """
        return self._current(project_id).labels.copy()

    def status(self, project_id: int) -> NDArray[np.int8]:
        """Return int8 ``[n_docs]``: 0 no answer, 1 submitted, 2 discarded."""
        return self._current(project_id).status.copy()

    def count(self, project_id: int) -> int:
        """Return how many documents have a current submitted answer by a person."""
        current = self._current(project_id)
        return int(((current.status == SUBMITTED) & ~current.imported).sum())

    def count_imported(self, project_id: int) -> int:
        """Return how many documents have a current label that came with a file."""
        current = self._current(project_id)
        return int(((current.status == SUBMITTED) & current.imported).sum())

    def skipped_by(self, project_id: int, actor: str) -> NDArray[np.int64]:
        """Return the documents that a person skipped and has not answered since, ascending."""
        query = self._people(project_id).where(entries.c.annotator == actor)
        newest = {
            row["doc_id"]: row["status"]
            for row in self._database.rows(query.order_by(answers.c.id))
        }
        skipped = [doc for doc, status in newest.items() if status == AnnotationStatus.SKIPPED]
        return np.array(sorted(skipped), np.int64)

    def recent(self, project_id: int, *, actor: str, limit: int = 10) -> list[Annotation]:
        """Return a person's newest answers that were not undone, the newest first."""
        query = self._people(project_id).where(
            entries.c.annotator == actor, entries.c.kind != "import"
        )
        rows = self._database.rows(query.order_by(answers.c.id.desc()).limit(limit))
        return [_from_row(row) for row in rows]

    def history(self, project_id: int, doc_id: int) -> list[Annotation]:
        """Return all answers for a document that were not undone, the newest first.

        What came with a file has the negative id of its entry.
        """
        query = self._people(project_id).where(answers.c.doc_id == doc_id)
        rows = self._database.rows(query.order_by(answers.c.id))
        found = [(row["entry_id"], _from_row(row)) for row in rows]
        found += self._imported(project_id, doc_id)
        ordered = sorted(found, key=lambda pair: pair[0])
        return [annotation for _, annotation in reversed(ordered)]

    def _current(self, project_id: int) -> Current:
        return self._cache.get(project_id, "current", lambda: self._replay(project_id))

    def _replay(self, project_id: int) -> Current:
        with self._database.reading():
            n_docs = self._projects.count_documents(project_id)
            return read_current(self._database, self._home, project_id, n_docs)

    def _known(self, project_id: int, keys: Sequence[str]) -> set[str]:
        known: set[str] = set()
        for start in range(0, len(keys), _KEYS_A_QUERY):
            query = sa.select(answers.c.key).where(
                answers.c.project_id == project_id,
                answers.c.key.in_(keys[start : start + _KEYS_A_QUERY]),
            )
            known.update(row["key"] for row in self._database.rows(query))
        return known

    def _add_entry(
        self, project_id: int, kind: EntryKind, actor: str, path: str | None = None
    ) -> int:
        row = {
            "project_id": project_id,
            "kind": kind,
            "annotator": actor,
            "at": now(),
            "path": path,
        }
        return self._database.insert(entries, row)

    def _documents_of(self, entry_id: int) -> tuple[int, ...]:
        query = sa.select(answers.c.doc_id).where(answers.c.entry_id == entry_id)
        rows = self._database.rows(query.order_by(answers.c.id))
        return tuple(row["doc_id"] for row in rows)

    def _set_undone(self, entry_id: int, *, undone: bool) -> None:
        with self._database.transaction() as connection:
            row = self._database.row(
                sa.select(entries.c.project_id).where(entries.c.id == entry_id)
            )
            if row is None:
                raise NotFound(f"The journal has no entry {entry_id}. Nothing was changed.")
            self._projects.touch(row["project_id"])
            connection.execute(
                sa.update(entries)
                .where(entries.c.id == entry_id)
                .values(undone_at=now() if undone else None)
            )

    def _people(self, project_id: int) -> sa.Select[tuple[object, ...]]:
        columns = (*answers.c, entries.c.annotator, entries.c.at)
        return (
            sa.select(*columns)
            .join_from(answers, entries)
            .where(answers.c.project_id == project_id, entries.c.undone_at.is_(None))
        )

    def _imported(self, project_id: int, doc_id: int) -> list[tuple[int, Annotation]]:
        query = sa.select(entries).where(
            entries.c.project_id == project_id,
            entries.c.undone_at.is_(None),
            entries.c.path.is_not(None),
        )
        found = []
        for row in self._database.rows(query):
            doc_ids, labels = load_gold(self._home, row["path"])
            for label in labels[doc_ids == doc_id].tolist():
                answer = Annotation(
                    annotation_id=-row["id"],
                    doc_id=doc_id,
                    label=label,
                    status=AnnotationStatus.SUBMITTED,
                    annotator=row["annotator"],
                    at=row["at"],
                )
                found.append((row["id"], answer))
        return found


def _check(answer: Answer, schema: LabelSchema, n_docs: int) -> None:
    if not answer.key.isprintable() or not 0 < len(answer.key) <= MAX_KEY_LENGTH:
        raise Invalid(
            f"The key of an answer must be 1 to {MAX_KEY_LENGTH} printable characters, "
            f"got {answer.key[:40]!r}."
        )
    if not 0 <= answer.doc_id < n_docs:
        raise Invalid(f"There is no document {answer.doc_id}; the project has {n_docs}.")
    submitted = answer.status is AnnotationStatus.SUBMITTED
    if submitted != (answer.label is not None):
        raise Invalid(
            f"The answer for document {answer.doc_id} is {answer.status.value} with the label "
            f"{answer.label}; a label goes with a submitted answer and with no other."
        )
    if answer.label is not None and not 0 <= answer.label < schema.cardinality:
        raise Invalid(
            f"There is no label with index {answer.label}; the labels are {schema.describe()}."
        )


def _check_range(what: str, values: NDArray[np.int64], end: int) -> None:
    outside = values[(values < 0) | (values >= end)]
    if len(outside):
        raise Invalid(f"There is no {what} {int(outside[0])}; allowed are 0 to {end - 1}.")


def _from_row(row: RowMapping) -> Annotation:
    return Annotation(
        annotation_id=row["id"],
        doc_id=row["doc_id"],
        label=row["label"],
        status=AnnotationStatus(row["status"]),
        annotator=row["annotator"],
        at=row["at"],
    )
