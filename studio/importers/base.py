"""The family of file formats: find out what a file is, look into it, bring it in."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

import pyarrow as pa

from studio.core.documents import ColumnMapping, Scalar
from studio.core.errors import BadFile
from studio.core.jobs import Progress, no_progress
from studio.core.options import parse_options
from studio.core.registry import Member, Registry
from studio.core.schema import LabelSchema
from studio.importers.canonical import Canonical, Incoming
from studio.importers.decoding import detect_encoding, head_of
from studio.importers.mapping import VOTE_PREFIX, Column, describe_column, guess_mapping
from studio.importers.places import (
    COMPRESSED_SUFFIXES,
    Place,
    compression_of,
    open_bytes,
    packed_size,
    unpacked_size,
)
from studio.importers.rows import Remarks

__all__ = [
    "Column",
    "Detection",
    "FileHead",
    "Importer",
    "Incoming",
    "Preview",
    "detect",
    "importers",
    "incoming",
    "preview",
]

PREVIEW_ROWS: Final = 20_000
"""Rows that a preview reads to count values; about a tenth of a second of work."""

_PACKED: Final = {
    b"PK\x03\x04": "a damaged zip archive, or an office document",
    b"\x1f\x9d": "compressed with compress",
    b"(\xb5/\xfd": "compressed with zstd",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\xd0\xcf\x11\xe0": "an Excel or Word file of before 2007",
    b"SQLite format 3": "a database",
}


@dataclass(frozen=True)
class FileHead:
    """What the formats look at to recognize a file.

    ``name`` is the name under which the user knows the file, ``start`` its first bytes, unpacked
    where the file is compressed.
    """

    path: Place
    name: str
    start: bytes

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, with the dot; "" without one.

        Of a compressed file it is the one before: ".csv" of "mail.csv.gz".
        """
        name = Path(self.name.lower())
        return name.with_suffix("").suffix if name.suffix in COMPRESSED_SUFFIXES else name.suffix

    @cached_property
    def encoding(self) -> str | None:
        """The encoding of a text file; None for a binary one."""
        return detect_encoding(self.path)

    @cached_property
    def text(self) -> str:
        """The first lines; "" for a binary file."""
        return head_of(self.path, self.encoding) if self.encoding else ""


@dataclass(frozen=True)
class Detection:
    """What a file seems to be: registered name of the format, its options, and why.

    ``confidence`` is in ``[0, 1]``; of several formats that recognize a file the surest wins.
    """

    format: str
    options: Mapping[str, Any]
    note: str
    confidence: float = 1.0


@dataclass(frozen=True)
class Preview:
    """The first rows of a file, and a guess of what is what.

    Attributes
    ----------
    columns
        All columns, in the order of the file.
    rows
        The first ``n`` rows, each by column name.
    mapping
        Guessed mapping; None where no column looks like text.
    vote_columns
        Names of the columns that hold votes of labeling functions.
    label_values
        The first distinct values of the guessed label column, at most 50, with counts over the
        rows seen; empty without one.
    n_rows_seen
        Rows that the counts rest on; the file may have more.
    notes
        Sentences for the user.
    """

    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Scalar], ...]
    mapping: ColumnMapping | None
    vote_columns: tuple[str, ...]
    label_values: tuple[tuple[str, int], ...]
    n_rows_seen: int
    notes: tuple[str, ...] = field(default=())


class Importer(Member, ABC):
    """One file format.

    ``extensions`` are the usual endings of a name, with the dot, in lower case. ``example`` is a
    short file of this format, to be shown where somebody asks what such a file looks like.

    Parameters
    ----------
    waiting
        Called now and then by formats that look through a file before they give its first row;
        raises ``Canceled`` when somebody asked to stop.
    """

    extensions: ClassVar[tuple[str, ...]]
    example: ClassVar[str]

    def __init__(self, waiting: Callable[[], None] = lambda: None) -> None:
        self.waiting = waiting

    @abstractmethod
    def read(
        self, path: Place, options: Any, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the raw columns of a file, in order.

        Parameters
        ----------
        path
            The file, compressed or not.
        options
            Of this format.
        limit
            Read at most so many rows, and nothing beyond them where the format can stream.

        Yields
        ------
        pa.RecordBatch
            At most 8,192 rows of flat columns, the same schema in each batch; at least one batch,
            which has no rows where the file has none. The schema may carry :class:`Remarks`.

        Raises
        ------
        BadFile
            If the file breaks the format; the message names the line or row.
        """

    @abstractmethod
    def recognize(self, head: FileHead) -> Detection | None:
        """Return what this format makes of a file; None where it cannot read it.

        Raises
        ------
        BadFile
            If the name claims this format and the content cannot be it.
        """

    def columns(self, path: Place, options: Any) -> tuple[str, ...]:
        """Return the names of the columns; as little is read as the format allows."""
        return tuple(next(iter(self.read(path, options, limit=1))).schema.names)

    def n_rows(self, path: Place) -> int | None:
        """Return the number of rows where the format tells without reading them all."""
        return None

    def size(self, path: Place) -> int:
        """Return about how many bytes will be read, unpacked; progress is measured by it."""
        return unpacked_size(path)


importers: Registry[Importer] = Registry("file format", "studio.importers", "csv")


def detect(path: Place, name: str, *, without: Collection[str] = ()) -> Detection:
    """Return which format a file seems to have, with encoding and delimiter where it has them.

    Parameters
    ----------
    path
        Where the file lies.
    name
        What the user calls it; only its ending is looked at, and the content has the last word.
    without
        Registered names of formats that are not asked.

    Raises
    ------
    BadFile
        If the file is empty, or nothing that Weft can read.
    """
    if packed_size(path) == 0:
        raise BadFile(f"The file {name[:60]!r} is empty. Choose one with at least one text.")
    packing = compression_of(path)
    with open_bytes(path) as stream:
        head = FileHead(path, name, stream.read(4096))
    asked = (importer for importer in importers.members() if importer.name not in without)
    found = [importer().recognize(head) for importer in asked]
    candidates = [detection for detection in found if detection is not None]
    if not candidates:
        raise BadFile(_unreadable(head))
    surest = max(candidates, key=lambda detection: detection.confidence)
    if packing is None:
        return surest
    return replace(surest, note=f"{surest.note} Compressed with {packing}.")


def preview(path: Place, format_name: str, options: Mapping[str, Any], *, n: int = 20) -> Preview:
    """Return the first ``n`` rows of a file, its columns, and a guess of what is what.

    Raises
    ------
    NotFound
        If there is no such format.
    Invalid
        If the options are wrong.
    BadFile
        If the first rows of the file break the format.
    """
    importer, parsed = _prepare(path, format_name, options)
    table = pa.Table.from_batches(importer.read(path, parsed, limit=PREVIEW_ROWS))
    columns = tuple(describe_column(name, table.column(name)) for name in table.column_names)
    mapping = guess_mapping(columns)
    label = mapping.label if mapping is not None else None
    return Preview(
        columns=columns,
        rows=tuple(table.slice(0, n).to_pylist()),
        mapping=mapping,
        vote_columns=tuple(c for c in table.column_names if c.startswith(VOTE_PREFIX)),
        label_values=next((c.values for c in columns if c.name == label), ()),
        n_rows_seen=table.num_rows,
        notes=tuple(_notes(table, mapping)),
    )


def incoming(
    path: Place,
    format_name: str,
    options: Mapping[str, Any],
    mapping: ColumnMapping,
    *,
    schema: LabelSchema,
    progress: Progress = no_progress,
) -> Iterator[Incoming]:
    """Iterate over the documents of a file, batch by batch, checked.

    Raises
    ------
    NotFound, Invalid
        If the format or its options are wrong.
    BadFile
        If the file breaks its format or the mapping, or a label is unknown; the message names
        the row. Batches before it were already handed out: keep none of them.
    Canceled
        From ``progress``.
    """
    importer, parsed = _prepare(path, format_name, options)
    importer.waiting = lambda: progress(0.0, "looking through the file")
    n_rows, size = importer.n_rows(path), max(1, importer.size(path))
    canonical: Canonical | None = None
    rows = read = 0
    for raw in importer.read(path, parsed):
        canonical = canonical or Canonical(raw.schema, mapping, schema)
        rows, read = rows + raw.num_rows, read + raw.nbytes
        if raw.num_rows:
            yield canonical.convert(raw)
        share = rows / max(1, n_rows) if n_rows is not None else read / size
        progress(min(0.99, share), f"{rows:,} rows read")


def _prepare(path: Place, format_name: str, options: Mapping[str, Any]) -> tuple[Importer, Any]:
    importer = importers.get(format_name)
    parsed = parse_options(importer.Options, dict(options), what=f"The file format {format_name}")
    if packed_size(path) == 0:
        raise BadFile("The file is empty. Choose one with at least one text.")
    return importer(), parsed


def _notes(table: pa.Table, mapping: ColumnMapping | None) -> Iterator[str]:
    yield from Remarks.of(table.schema).notes
    if mapping is None:
        yield "No column looks like text. Choose another format, or another delimiter."
    if table.num_rows >= PREVIEW_ROWS:
        yield f"Counts are of the first {PREVIEW_ROWS:,} rows; the file has more."
    texts = itertools.compress(
        table.column_names, [pa.types.is_string(field.type) for field in table.schema]
    )
    if any("\ufffd" in str(cell) for name in texts for cell in table[name][:200].to_pylist()):
        yield "Some characters could not be read. Choose another encoding if texts look wrong."


def _unreadable(head: FileHead) -> str:
    for magic, what in _PACKED.items():
        if head.start.startswith(magic):
            return (
                f"The file {head.name[:60]!r} is {what}, which cannot be read. "
                "Save or unpack it as CSV, JSON Lines, Excel (.xlsx), Parquet, plain text, or a "
                "zip archive of these."
            )
    return (
        f"The file {head.name[:60]!r} holds binary data that Weft cannot read. "
        "Save it as CSV, JSON Lines, Excel (.xlsx), Parquet or plain text."
    )
