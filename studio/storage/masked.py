"""What stood in documents where a token stands now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import sqlalchemy as sa

from studio.storage.database import Database
from studio.storage.tables import masked

_CHUNK: Final = 10_000


@dataclass(frozen=True)
class MaskedValue:
    """One value that was taken out of a document, and the token that stands in its place.

    ``kind`` is what the value was taken for: email, phone, card, iban.
    """

    doc_id: int
    token: str
    kind: str
    value: str


class Masked:
    """The table of originals. Rows are added with their documents and never change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, project_id: int, values: Iterable[MaskedValue]) -> int:
        """Keep the originals of documents that come in; return how many.

        Belongs into the transaction that publishes the documents: without their originals the
        documents would have lost something.
        """
        n = 0
        rest = iter(values)
        with self._database.transaction() as connection:
            while chunk := list(islice(rest, _CHUNK)):
                rows = [
                    {
                        "project_id": project_id,
                        "doc_id": value.doc_id,
                        "token": value.token,
                        "kind": value.kind,
                        "value": value.value,
                    }
                    for value in chunk
                ]
                connection.execute(sa.insert(masked), rows)
                n += len(rows)
        return n

    def of(self, project_id: int, first: int, n: int = 1) -> list[MaskedValue]:
        """Return the originals of the documents ``first .. first + n - 1``, in order of id."""
        query = sa.select(masked).where(
            masked.c.project_id == project_id,
            masked.c.doc_id >= first,
            masked.c.doc_id < first + n,
        )
        rows = self._database.rows(query.order_by(masked.c.doc_id, masked.c.id))
        return [MaskedValue(r["doc_id"], r["token"], r["kind"], r["value"]) for r in rows]

    def counts(self, project_id: int) -> dict[str, int]:
        """Return how many values were taken out, by kind."""
        query = sa.select(masked.c.kind, sa.func.count().label("n")).where(
            masked.c.project_id == project_id
        )
        rows = self._database.rows(query.group_by(masked.c.kind).order_by(masked.c.kind))
        return {row["kind"]: int(row["n"]) for row in rows}
