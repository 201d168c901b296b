"""What a labeling function gets to see of a document."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

_CACHEFUL = 1024
_at = tuple.__getitem__


class Records:
    """Makes small read-only objects of rows; a column is decoded when a function first asks.

    A column that was asked for in one batch is at hand in the next ones. The objects are tuples
    of the row and these columns, made by C alone; a fresh one a row, so that a function that
    keeps one sees no later row in it.
    """

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def of(self, batch: pa.RecordBatch) -> Iterator[list[Any]]:
        """Iterate over the documents of a batch, a cacheful at a time: one object a row."""
        names = batch.schema.names
        ready = [name for name in names if name in self._asked]
        members: dict[str, Any] = {n: self._later(batch, i) for i, n in enumerate(names)}
        members.update(zip(ready, _places(len(ready)), strict=True))
        kind = type("Document", (tuple,), _manners(members) | _askable(members))
        wanted = [batch.column(names.index(name)) for name in ready]
        for start in range(0, batch.num_rows, _CACHEFUL):
            end = min(start + _CACHEFUL, batch.num_rows)
            columns = [column.slice(start, end - start).to_pylist() for column in wanted]
            rows = zip(range(start, end), *columns, strict=True)
            yield list(map(kind, rows))

    def _later(self, batch: pa.RecordBatch, index: int) -> property:
        decoded: list[Sequence[Any]] = []
        name = batch.schema.names[index]

        def read(self_: Any) -> Any:
            if not decoded:
                self._asked.add(name)
                decoded.append(batch.column(index).to_pylist())
            return decoded[0][_at(self_, 0)]

        return property(read)


def plain_records(batch: pa.RecordBatch) -> Iterator[Iterator[SimpleNamespace]]:
    """Iterate over the documents of a batch as namespaces that preprocessors can change."""
    names = batch.schema.names
    columns = [column.to_pylist() for column in batch.columns]

    def make(row: int) -> SimpleNamespace:
        return SimpleNamespace(**{n: c[row] for n, c in zip(names, columns, strict=True)})

    # map, not a generator: a generator would be finished by the first exception.
    yield map(make, range(batch.num_rows))


@cache
def _places(n: int) -> tuple[Any, ...]:
    """Return descriptors of the places 1 to n of a tuple; those of named tuples are in C."""
    names = [f"c{i}" for i in range(n + 1)]
    make: Any = namedtuple  # a type checker would want to see the names
    return tuple(vars(make("row", names))[name] for name in names[1:])


def _askable(members: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that can be attributes; the others can be asked for by x["name"]."""
    return {name: read for name, read in members.items() if name[:2] != "__"}


def _manners(members: dict[str, Any]) -> dict[str, Any]:
    """Return what documents do beside giving their columns: they do not show that they are tuples.

    Parameters
    ----------
    members
        A descriptor a column, in the order of the columns.
    """

    def getitem(self: Any, name: str) -> Any:
        if name not in members:
            raise KeyError(name)
        return members[name].__get__(self)

    def get(self: Any, name: str, default: Any = None) -> Any:
        return getitem(self, name) if name in members else default

    def show(self: Any) -> str:
        cells = (f"{name}={getitem(self, name)!r}" for name in members)
        return "<document " + ", ".join(cells)[:300] + ">"

    def refuse(self: Any, name: str, value: Any = None) -> None:
        raise AttributeError(
            f"A document cannot be changed, and so {name!r} cannot be set. "
            "Change documents in a preprocessor."
        )

    def no_such(name: str) -> Callable[[Any], Any]:
        def read(self: Any) -> Any:
            raise AttributeError(f"'Document' object has no attribute {name!r}")

        return read

    names = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__")
    hidden = dict.fromkeys(("__iter__", "__len__", "__contains__"))
    return {
        "__slots__": (),
        **{name: vars(object)[name] for name in names},
        **hidden,
        "count": property(no_such("count")),
        "index": property(no_such("index")),
        "__bool__": lambda self: True,
        "__getitem__": getitem,
        "get": get,
        "__repr__": show,
        "__setattr__": refuse,
        "__delattr__": refuse,
    }
