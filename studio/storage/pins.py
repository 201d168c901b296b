"""Pins: what labeling functions must say of single documents."""

from __future__ import annotations

import builtins

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import Conflict, Invalid, NotFound
from studio.core.pins import Pin
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import functions, pins


class Pins:
    """The table of pins. A function has at most one living pin a document."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def add(
        self, project_id: int, lf_id: int, doc_id: int, *, label: int | None, actor: str
    ) -> Pin:
        """Add a pin, in place of the one that the function has on this document.

        Parameters
        ----------
        label
            The label index that the function must vote for; None: it must not vote.

        Raises
        ------
        NotFound
            If the project has no such function.
        Invalid
            If there is no such document or label.
        """
        with self._database.transaction() as connection:
            project, n_docs = self._projects.lock(project_id)
            self._refuse_strange(project_id, lf_id)
            if not 0 <= doc_id < n_docs:
                raise Invalid(f"There is no document {doc_id}; the project has {n_docs}.")
            if label is not None and not 0 <= label < project.schema.cardinality:
                raise Invalid(
                    f"There is no label with index {label}; the labels are "
                    f"{project.schema.describe()}."
                )
            connection.execute(
                sa.update(pins)
                .where(_alive(), pins.c.function_id == lf_id, pins.c.doc_id == doc_id)
                .values(deleted_at=now())
            )
            row = {
                "project_id": project_id,
                "function_id": lf_id,
                "doc_id": doc_id,
                "label": label,
                "created_by": actor,
                "created_at": now(),
            }
            pin_id = self._database.insert(pins, row)
            self._projects.touch(project_id)
            return _from_row(self._row(project_id, pin_id))

    def list(self, project_id: int, lf_id: int | None = None) -> builtins.list[Pin]:
        """Return the living pins of a project, or of one of its functions, by document."""
        query = sa.select(pins).where(pins.c.project_id == project_id, _alive())
        if lf_id is not None:
            query = query.where(pins.c.function_id == lf_id)
        rows = self._database.rows(query.order_by(pins.c.doc_id, pins.c.id))
        return [_from_row(row) for row in rows]

    def remove(self, project_id: int, pin_id: int) -> None:
        """Take a pin off; :meth:`restore` puts it back. Twice is as good as once.

        Raises
        ------
        NotFound
            If the project never had this pin.
        """
        with self._database.transaction() as connection:
            self._row(project_id, pin_id)
            self._projects.touch(project_id)
            connection.execute(
                sa.update(pins).where(pins.c.id == pin_id, _alive()).values(deleted_at=now())
            )

    def restore(self, project_id: int, pin_id: int) -> None:
        """Put a pin back that was taken off.

        Raises
        ------
        NotFound
            If the project never had this pin.
        Conflict
            If the function has another pin on that document meanwhile.
        """
        with self._database.transaction() as connection:
            self._projects.lock(project_id)
            row = self._row(project_id, pin_id)
            query = sa.select(pins.c.id).where(
                _alive(), pins.c.function_id == row["function_id"], pins.c.doc_id == row["doc_id"]
            )
            other = self._database.row(query)
            if other is not None and other["id"] != pin_id:
                raise Conflict(
                    f"The function has another pin on document {row['doc_id']} by now. Take that "
                    "one off first."
                )
            self._projects.touch(project_id)
            connection.execute(sa.update(pins).where(pins.c.id == pin_id).values(deleted_at=None))

    def _row(self, project_id: int, pin_id: int) -> RowMapping:
        query = sa.select(pins).where(pins.c.id == pin_id, pins.c.project_id == project_id)
        row = self._database.row(query)
        if row is None:
            raise NotFound(f"The project has no pin {pin_id}. Nothing was changed.")
        return row

    def _refuse_strange(self, project_id: int, lf_id: int) -> None:
        query = sa.select(functions.c.id).where(
            functions.c.id == lf_id,
            functions.c.project_id == project_id,
            functions.c.deleted_at.is_(None),
        )
        if self._database.row(query) is None:
            raise NotFound(
                f"The project has no labeling function {lf_id}. Choose one of its functions."
            )


def _alive() -> sa.ColumnElement[bool]:
    return pins.c.deleted_at.is_(None)


def _from_row(row: RowMapping) -> Pin:
    return Pin(
        pin_id=row["id"],
        lf_id=row["function_id"],
        doc_id=row["doc_id"],
        label=row["label"],
        created_by=row["created_by"],
        created_at=row["created_at"],
    )
