"""Column types and JSON that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

MAX_ID = 2**31 - 1


class Id(TypeDecorator[int]):
    """A number that names a row. One that no row can have finds none, however large it is."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Turn what no column of numbers takes into -1, which is nobody's."""
        if value is None:
            return None
        return int(value) if 0 <= value <= MAX_ID else -1


class UtcTime(TypeDecorator[datetime]):
    """An aware time; kept and returned in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a time into UTC; SQLite keeps no zone, so it gets none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time with its zone."""
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that every database takes: what has no UTF-8, and NUL, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what PostgreSQL refuses."""
        if value is None:
            return None
        clean = value.replace("\0", "\ufffd")
        if clean.isascii():
            return clean
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in clean)


def to_json(value: Any) -> str:
    """Return JSON in ASCII; figures that are no numbers become null, NumPy's become plain."""
    try:
        return json.dumps(value, allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_without_nan(value), allow_nan=False, default=_plain)


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        # The caller sees to what is no number, so it must not get past it here.
        return _without_nan(value.item())
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """Return the figures that are numbers; JSON has no word for the others."""
    return {name: float(value) for name, value in values.items() if math.isfinite(value)}


def finite_or_none(values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the figures with None for those that are no numbers."""
    return {
        name: float(value) if value is not None and math.isfinite(value) else None
        for name, value in values.items()
    }
