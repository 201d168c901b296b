"""Reading the journal of annotations: who is right at the moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from studio.core.annotations import AnnotationStatus
from studio.core.errors import Unavailable
from studio.core.schema import ABSTAIN
from studio.storage.database import Database
from studio.storage.files import load_array
from studio.storage.tables import answers, entries

SUBMITTED, DISCARDED = 1, 2


@dataclass(frozen=True)
class Current:
    """The current answer of each document.

    Attributes
    ----------
    labels
        int16 ``[n_docs]``, ``ABSTAIN`` unless submitted.
    status
        int8 ``[n_docs]``: 0 none, 1 submitted, 2 discarded.
    imported
        bool ``[n_docs]``: whether the answer came with a file.
    """

    labels: NDArray[np.int16]
    status: NDArray[np.int8]
    imported: NDArray[np.bool_]


def read_current(database: Database, home: Path, project_id: int, n_docs: int) -> Current:
    """Replay the journal of a project: the newest answer that was not undone wins.

    Skipped documents have no answer by that, so skipping never changes one.
    """
    found = Current(
        labels=np.full(n_docs, ABSTAIN, np.int16),
        status=np.zeros(n_docs, np.int8),
        imported=np.zeros(n_docs, np.bool_),
    )
    people = _people(database, project_id)
    # Documents that came after n_docs was read are for the next reading.
    people = people[people[:, 1] < n_docs]
    done = 0
    for entry_id, doc, label in _imports(database, home, project_id):
        until = int(np.searchsorted(people[:, 0], entry_id))
        _replay(found, people[done:until])
        done = until
        known = doc < n_docs
        found.labels[doc[known]] = label[known]
        found.status[doc[known]] = SUBMITTED
        found.imported[doc[known]] = True
    _replay(found, people[done:])
    return found


def _replay(found: Current, people: NDArray[np.int64]) -> None:
    # NumPy assigns in order: of two answers for one document, the later stays.
    doc = people[:, 1]
    found.labels[doc] = people[:, 2]
    found.status[doc] = people[:, 3]
    found.imported[doc] = people[:, 4]


def load_gold(home: Path, relative: str) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return documents and labels of an imported entry.

    Raises
    ------
    Unavailable
        If its file is gone or damaged.
    """
    found = load_array(home / relative)
    if found is None or found.ndim != 2:
        raise Unavailable(
            f"The imported labels in {relative} are gone or damaged. Restore that file from a "
            "backup of the studio's home."
        )
    return found[0].astype(np.int64), found[1].astype(np.int16)


def _people(database: Database, project_id: int) -> NDArray[np.int64]:
    """Return a row an answer, oldest first: entry, document, label, status, imported or not."""
    submitted = answers.c.status == AnnotationStatus.SUBMITTED.value
    columns = (
        answers.c.entry_id,
        answers.c.doc_id,
        sa.func.coalesce(answers.c.label, ABSTAIN),
        sa.case((submitted, SUBMITTED), else_=DISCARDED),
        sa.case((entries.c.kind == "import", 1), else_=0),
    )
    query = sa.select(*columns).join_from(answers, entries)
    query = query.where(
        answers.c.project_id == project_id,
        entries.c.undone_at.is_(None),
        answers.c.status != AnnotationStatus.SKIPPED.value,
    )
    with database.reading() as connection:
        rows = connection.execute(query.order_by(answers.c.entry_id, answers.c.id)).all()
    flat = np.fromiter(itertools.chain.from_iterable(rows), np.int64, len(rows) * len(columns))
    return flat.reshape(-1, len(columns))


def _imports(
    database: Database, home: Path, project_id: int
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int16]]]:
    query = sa.select(entries.c.id, entries.c.path).where(
        entries.c.project_id == project_id,
        entries.c.undone_at.is_(None),
        entries.c.path.is_not(None),
    )
    for row in database.rows(query.order_by(entries.c.id)):
        yield row["id"], *load_gold(home, row["path"])
