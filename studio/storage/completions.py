"""Answers of language models: what was paid for once is not paid for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from studio.core.fingerprints import LENGTH, fingerprint
from studio.storage.columns import now
from studio.storage.database import Database
from studio.storage.tables import completions

_KEYS_AT_ONCE = 500  # SQLite takes no query with a million parameters


@dataclass(frozen=True)
class KeptAnswer:
    """One answer, with the tokens and the money that it took."""

    answer: str
    tokens_in: int
    tokens_out: int
    cost: float


@dataclass(frozen=True)
class Spent:
    """What the answers of one group took in all."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0


def key_of(project_id: int, group: str, *parts: object) -> str:
    """Return the key of an answer.

    By project, because who may see one project's texts may not see another's. ``group`` is what
    costs are summed by; ``parts`` are all that the answer may rest on.
    """
    return f"{project_id}/{group}/{fingerprint(*parts)}"


class Completions:
    """The table of answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, keys: Sequence[str]) -> dict[str, KeptAnswer]:
        """Return the answers that are there, by key."""
        found: dict[str, KeptAnswer] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = list(keys[start : start + _KEYS_AT_ONCE])
            query = sa.select(completions).where(completions.c.key.in_(part))
            for row in self._database.rows(query):
                found[row["key"]] = KeptAnswer(
                    row["answer"], row["tokens_in"], row["tokens_out"], row["cost"]
                )
        return found

    def save(self, project_id: int, answers: Mapping[str, KeptAnswer]) -> None:
        """Keep answers by their keys; one of two that came at the same time is kept."""
        if not answers:
            return
        rows = [
            {
                "key": key,
                "project_id": project_id,
                "answer": kept.answer,
                "tokens_in": kept.tokens_in,
                "tokens_out": kept.tokens_out,
                "cost": kept.cost,
                "created_at": now(),
            }
            for key, kept in answers.items()
        ]
        self._database.upsert(completions, rows)

    def spent(self, project_id: int) -> dict[str, Spent]:
        """Return what a project's answers took, by group."""
        # As literals: PostgreSQL takes two parameters of one value for two expressions.
        start: Any = sa.literal_column(str(len(str(project_id)) + 2))
        length = sa.func.length(completions.c.key)
        group = sa.func.substr(
            completions.c.key, start, length - start - sa.literal_column(str(LENGTH))
        )
        query = (
            sa.select(
                group.label("group"),
                sa.func.count().label("calls"),
                sa.func.sum(completions.c.tokens_in).label("tokens_in"),
                sa.func.sum(completions.c.tokens_out).label("tokens_out"),
                sa.func.sum(completions.c.cost).label("cost"),
            )
            .where(completions.c.project_id == project_id)
            .group_by(group)
        )
        return {
            row["group"]: Spent(
                int(row["calls"]),
                int(row["tokens_in"]),
                int(row["tokens_out"]),
                float(row["cost"]),
            )
            for row in self._database.rows(query)
        }
