"""Arrow files that hold documents, at most 65,536 each."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.core.errors import Invalid, Unavailable
from studio.core.fingerprints import LENGTH

SHARD_ROWS: Final = 65_536
BATCH_ROWS: Final = 8_192
CORE_COLUMNS: Final = ("external_id", "text")


@dataclass(frozen=True)
class Shard:
    """A run of documents, ``first_doc_id .. first_doc_id + n_docs - 1``, in one file.

    ``fingerprint`` is that of the file; the file never changes.
    """

    shard_id: int
    project_id: int
    first_doc_id: int
    n_docs: int
    path: Path
    fingerprint: str


@dataclass(frozen=True)
class ShardFile:
    """A shard that is written but belongs to no project yet."""

    path: Path
    fingerprint: str
    splits: NDArray[np.int8]


class ShardFiles:
    """Record batches in, finished shard files in ``folder`` out; memory holds one batch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._finished: list[ShardFile] = []
        self._writer: Any = None
        self._schema: pa.Schema | None = None
        self._splits: list[NDArray[np.int8]] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch, splits: NDArray[np.int8]) -> None:
        """Append a batch with one split code a row; see :func:`canonical` for what is refused."""
        clean = canonical(batch)
        _check_splits(splits, clean.num_rows)
        if clean.schema != self._schema:
            self._end_shard()
        start = 0
        while start < clean.num_rows:
            size = min(BATCH_ROWS, SHARD_ROWS - self._rows, clean.num_rows - start)
            self._append(clean.slice(start, size), splits[start : start + size])
            start += size

    def finish(self) -> list[ShardFile]:
        """Close the last file and return all of them, in order."""
        self._end_shard()
        return self._finished

    def abandon(self) -> None:
        """Close what is open without finishing it."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _append(self, batch: pa.RecordBatch, splits: NDArray[np.int8]) -> None:
        if self._writer is None:
            self._schema = batch.schema
            # No compression: a compressed file cannot be mapped.
            self._writer = pa.ipc.new_file(str(self._path()), batch.schema)
        self._writer.write_batch(batch)
        self._splits.append(splits)
        self._rows += batch.num_rows
        if self._rows == SHARD_ROWS:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        path = self._path()
        self._finished.append(
            ShardFile(path, _seal(path), np.concatenate(self._splits).astype(np.int8))
        )
        self._writer, self._splits, self._rows = None, [], 0

    def _path(self) -> Path:
        return self._folder / f"{len(self._finished)}.arrow"


def open_table(path: Path) -> pa.Table:
    """Return the table in a shard's file, mapped: its bytes stay on the disk until they are read.

    Raises
    ------
    Unavailable
        If the file is gone or damaged.
    """
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowException) as error:
        raise Unavailable(
            f"The documents in {path.name} are gone or damaged ({error}). Restore that file from "
            "a backup of the studio's home."
        ) from error


def take_rows(table: pa.Table, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return some rows of a table, by column name; ``rows`` int64 ``[n]``, ascending."""
    found: list[dict[str, Any]] = []
    start = 0
    # Batch by batch: taking from the table as a whole would copy all its texts first.
    for batch in table.to_batches():
        first, end = np.searchsorted(rows, [start, start + batch.num_rows])
        if end > first:
            found += batch.take(pa.array(rows[first:end] - start)).to_pylist()
        start += batch.num_rows
    return found


def canonical(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch as shards hold it: external_id, text, then flat metadata columns.

    Raises
    ------
    Invalid
        If external_id or text is missing or has gaps, two columns have one name, a column is
        nested, or the bytes are not what the types say.
    """
    names = batch.schema.names
    for name in CORE_COLUMNS:
        if name not in names:
            raise Invalid(f"A batch of documents has no column {name!r}, only {names}.")
    for name in names:
        if names.count(name) > 1:
            raise Invalid(f"Two columns are called {name!r}; rename one of them in the file.")
    order = [*CORE_COLUMNS, *(name for name in names if name not in CORE_COLUMNS)]
    try:
        batch.validate(full=True)
        columns = [_flat(name, batch.column(name)) for name in order]
    except pa.ArrowException as error:
        raise Invalid(f"A batch of documents is damaged: {error}") from error
    return pa.RecordBatch.from_arrays(columns, names=order)


def _flat(name: str, column: Any) -> Any:
    if name in CORE_COLUMNS:
        if column.null_count:
            raise Invalid(f"The column {name!r} has empty cells; each document needs a value.")
        return pc.cast(column, pa.string() if name == "external_id" else pa.large_string())
    kind = column.type
    if pa.types.is_nested(kind):
        raise Invalid(
            f"The column {name!r} holds lists or objects; only plain values can be kept. "
            "Leave it out, or write each part into a column of its own."
        )
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column
    return pc.cast(column, pa.string())


def _check_splits(splits: NDArray[np.int8], n: int) -> None:
    if len(splits) != n:
        raise Invalid(f"{len(splits)} splits were given for {n} documents.")
    check_codes(splits)


def check_codes(splits: NDArray[np.int8]) -> None:
    """Refuse split codes other than 0, 1, 2.

    Raises
    ------
    Invalid
        If there is one.
    """
    wrong = splits[(splits < 0) | (splits > 2)]
    if len(wrong):
        raise Invalid(f"{int(wrong[0])} is no split; use 0 (train), 1 (dev) or 2 (test).")


def _seal(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb+") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
        os.fsync(stream.fileno())
    return digest.hexdigest()[:LENGTH]
