"""What a labeling function gets to see of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pyarrow as pa


def lazy_records(batch: pa.RecordBatch) -> Iterator[Any]:
    """Iterate over a batch: one small read-only object a row, columns decoded when first asked.

    A fresh object a row, so that a function that keeps one sees no later row in it.
    """
    record = _record_class(batch)
    # map, not a generator: a generator would be finished by the first exception.
    return map(record, range(batch.num_rows))


def plain_records(batch: pa.RecordBatch) -> Iterator[SimpleNamespace]:
    """Iterate over a batch as namespaces that preprocessors can copy and change."""
    names = batch.schema.names
    columns = [column.to_pylist() for column in batch.columns]

    def make(row: int) -> SimpleNamespace:
        return SimpleNamespace(**{n: c[row] for n, c in zip(names, columns, strict=True)})

    return map(make, range(batch.num_rows))


def _record_class(batch: pa.RecordBatch) -> Callable[[int], Any]:
    names = batch.schema.names

    def init(self: Any, row: int) -> None:
        self._row = row

    def getitem(self: Any, name: str) -> Any:
        if name not in names:
            raise KeyError(name)
        return getattr(self, name)

    def get(self: Any, name: str, default: Any = None) -> Any:
        return getattr(self, name) if name in names else default

    def show(self: Any) -> str:
        return "<document " + ", ".join(f"{n}={getattr(self, n)!r}" for n in names)[:300] + ">"

    body: dict[str, Any] = {
        "__slots__": ("_row",),
        "__init__": init,
        "__getitem__": getitem,
        "__repr__": show,
    }
    if "get" not in names:
        body["get"] = get
    for index, name in enumerate(names):
        body[name] = _lazy_column(batch, index)
    return type("Document", (), body)


def _lazy_column(batch: pa.RecordBatch, index: int) -> property:
    decoded: list[Sequence[Any]] = []

    def read(self: Any) -> Any:
        if not decoded:
            decoded.append(batch.column(index).to_pylist())
        return decoded[0][self._row]

    return property(read)
