"""Fitted label models."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from studio.core.errors import NotFound
from studio.core.fits import LabelModelFit
from studio.storage.columns import finite, finite_or_none, now
from studio.storage.database import Database
from studio.storage.projects import Projects
from studio.storage.tables import fits


class Fits:
    """The table of label model fits."""

    def __init__(self, database: Database, projects: Projects) -> None:
        self._database = database
        self._projects = projects

    def add(
        self,
        *,
        project_id: int,
        name: str,
        options: Mapping[str, Any],
        seed: int,
        votes_fingerprint: str,
        lf_names: Sequence[str],
        weak_labels: str,
        metrics: Mapping[str, float],
        lf_weights: Mapping[str, float | None],
        actor: str,
    ) -> LabelModelFit:
        """Add a fit and return it with its id.

        Figures that are no numbers are left out of ``metrics`` and become None in
        ``lf_weights``.
        """
        row = {
            "project_id": project_id,
            "name": name,
            "options": dict(options),
            "seed": seed,
            "votes_fingerprint": votes_fingerprint,
            "lf_names": list(lf_names),
            "weak_labels": weak_labels,
            "metrics": finite(metrics),
            "lf_weights": finite_or_none(lf_weights),
            "created_by": actor,
            "created_at": now(),
        }
        with self._database.transaction():
            self._projects.touch(project_id)
            return self.get(self._database.insert(fits, row))

    def get(self, fit_id: int) -> LabelModelFit:
        """Return a fit.

        Raises
        ------
        NotFound
            If there is none with this id.
        """
        row = self._database.row(sa.select(fits).where(fits.c.id == fit_id))
        if row is None:
            raise NotFound(f"There is no label model fit {fit_id}. Fit a label model first.")
        return _from_row(row)

    def list(self, project_id: int) -> builtins.list[LabelModelFit]:
        """Return all fits of a project, the newest first."""
        query = sa.select(fits).where(fits.c.project_id == project_id)
        return [_from_row(row) for row in self._database.rows(query.order_by(fits.c.id.desc()))]


def _from_row(row: RowMapping) -> LabelModelFit:
    values = dict(row)
    return LabelModelFit(fit_id=values.pop("id"), lf_names=tuple(values.pop("lf_names")), **values)
