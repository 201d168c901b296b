"""Rows of Python values into Arrow batches of one schema."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, TypeVar

import pyarrow as pa

from studio.core.errors import BadFile

BATCH_ROWS: Final = 8192
BATCH_CHARACTERS: Final = 1 << 25
"""A batch ends early beyond this, so that rows of huge texts do not pile up in memory."""

MAX_COLUMNS: Final = 2000
TICK_EVERY: Final = 4096

T = TypeVar("T")

_REMARKS: Final = b"weft remarks"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64: Final = 2**63


@dataclass(frozen=True)
class Remarks:
    """What an importer says of its rows beside their columns; travels with the Arrow schema.

    Attributes
    ----------
    notes
        Sentences for the user: what was left out, and why.
    unit
        What a row is in the file: "Row", or "Document" where several rows of the file became one.
    located_by
        Column that names the file of an archive that a row comes from; "" outside of archives.
        Rows of one file follow each other, and are counted from 1 in each.
    """

    notes: tuple[str, ...] = ()
    unit: str = "Row"
    located_by: str = ""

    def attach(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema with these remarks."""
        words = {"notes": self.notes, "unit": self.unit, "located_by": self.located_by}
        return schema.with_metadata({_REMARKS: json.dumps(words).encode()})

    @classmethod
    def of(cls, schema: pa.Schema) -> Remarks:
        """Return the remarks of a schema; the defaults where it has none."""
        raw = (schema.metadata or {}).get(_REMARKS)
        words = json.loads(raw) if raw else {}
        return cls(tuple(words.pop("notes", ())), **words)


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return column names without surrounding space; nameless ones are called ``column_N``.

    Raises
    ------
    BadFile
        If two columns have one name, there is none at all, or there are more than 2,000.
    """
    cleaned = [
        clean(name).strip(" \t\r\n\ufeff") or f"column_{position}"
        for position, name in enumerate(names, start=1)
    ]
    if not cleaned:
        raise BadFile(
            "The file has no columns. Give it a first row with the names of the columns."
        )
    if len(cleaned) > MAX_COLUMNS:
        raise BadFile(
            f"The file has {len(cleaned):,} columns; at most {MAX_COLUMNS:,} are allowed. "
            "Check the delimiter, or leave out what no page needs."
        )
    name, times = Counter(cleaned).most_common(1)[0]
    if times > 1:
        raise BadFile(f"{times} columns are called {name[:60]!r}. Give each column its own name.")
    return tuple(cleaned)


def text_schema(names: Sequence[str]) -> pa.Schema:
    """Return a schema in which every column holds text."""
    return pa.schema([pa.field(name, pa.string()) for name in names])


def ticking(items: Iterable[T], tick: Callable[[], None]) -> Iterator[T]:
    """Iterate over items, calling ``tick`` before the first and after every 4,096th."""
    for number, item in enumerate(items):
        if number % TICK_EVERY == 0:
            tick()
        yield item


def to_batches(rows: Iterable[Sequence[Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Pack rows into batches of at most 8,192 rows; at least one batch, which may be empty."""
    waiting: list[Sequence[Any]] = []
    characters = 0
    empty = True
    for row in rows:
        waiting.append(row)
        characters += sum(len(cell) for cell in row if isinstance(cell, str))
        if len(waiting) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield _batch(waiting, schema)
            waiting, characters, empty = [], 0, False
    if waiting or empty:
        yield _batch(waiting, schema)


def schema_of(objects: Iterable[Mapping[str, Any]]) -> pa.Schema:
    """Return the columns of JSON objects: every key that occurs, in order of appearance.

    A column is of the narrowest of bool, int, float and text that holds all its values.
    """
    kinds: dict[str, pa.DataType | None] = {}
    for found in objects:
        for key, value in found.items():
            kinds[key] = _wider(kinds.get(key), _kind_of(value))
    names = check_columns(list(kinds))
    types = [kind if kind is not None else pa.string() for kind in kinds.values()]
    return pa.schema(list(zip(names, types, strict=True)))


def as_text(value: Any) -> str | None:
    """Return a value as a cell of text; lists and objects become JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def clean(text: str) -> str:
    """Return a text in which lone surrogates are U+FFFD, so that it can be stored as UTF-8."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _batch(rows: list[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [_array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    if kind != pa.string():
        return pa.array([None if _is_nan(value) else value for value in values], kind)
    cells = [as_text(value) for value in values]
    try:
        return pa.array(cells, kind)
    except UnicodeEncodeError:
        return pa.array([None if cell is None else clean(cell) for cell in cells], kind)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _kind_of(value: Any) -> pa.DataType | None:
    if value is None or _is_nan(value):
        return None
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return pa.int64() if -_INT64 <= value < _INT64 else pa.string()
    return pa.float64() if isinstance(value, float) else pa.string()


def _wider(one: pa.DataType | None, other: pa.DataType | None) -> pa.DataType | None:
    if one is None or other is None or one == other:
        return one if other is None else other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    return pa.string()
