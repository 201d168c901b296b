"""Excel workbooks (.xlsx)."""

from __future__ import annotations

import contextlib
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from studio.core.errors import BadFile, Invalid
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.places import Place, on_disk
from studio.importers.rows import as_text, check_columns, text_schema, to_batches

MAX_UNPACKED: Final = 2 * 2**30
"""Bytes; a million rows of a few hundred letters take half of it, a zip bomb far more."""

_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    # openpyxl believes what it reads, and stumbles over anything that is not as it should be.
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


class ExcelOptions(Options):
    """Options of Excel workbooks."""

    sheet: str = option("", title="Sheet", help="Name of the sheet; empty takes the first one.")


@importers.register("excel")
class Excel(Importer):
    """One document a row of a sheet; the first row that is not empty names the columns."""

    title = "Excel"
    summary = "A sheet of a workbook (.xlsx)."
    Options = ExcelOptions
    extensions = (".xlsx", ".xlsm")
    example = (
        "text                     | label\n"
        "Great song, love it      | ham\n"
        "Subscribe to my channel  | spam\n"
    )

    def read(
        self, path: Place, options: ExcelOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the rows as text; of a formula its last computed value is read."""
        with _sheet(path, options.sheet) as sheet:
            rows = (row for row in _rows(sheet) if any(cell is not None for cell in row))
            first = next(rows, None)
            if first is None:
                raise BadFile(f"The sheet {sheet.title!r} is empty. Choose another sheet.")
            schema = text_schema(check_columns([as_text(cell) or "" for cell in first]))
            even = _even(itertools.islice(rows, limit), len(schema))
            yield from to_batches(even, schema)

    def recognize(self, head: FileHead) -> Detection | None:
        """Recognize by what lies in the zip file that a workbook is."""
        named = head.suffix in self.extensions
        if not named and not head.start.startswith(b"PK"):
            return None
        try:
            with on_disk(head.path) as path, zipfile.ZipFile(path) as archive:
                inside = "xl/workbook.xml" in archive.namelist()
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
            inside = False
        if inside:
            return Detection("excel", {}, "An Excel workbook; its first sheet.", 1.0)
        if named:
            raise BadFile(
                f"The file {head.name[:60]!r} is no Excel workbook, or a damaged one. "
                "Save it again as .xlsx, or as CSV."
            )
        return None


@contextmanager
def _sheet(place: Place, name: str) -> Iterator[Any]:
    import openpyxl  # 200 ms that only workbooks need

    try:
        # As a stream: of a path openpyxl wants to see the ending, which an upload has not.
        with on_disk(place) as path, path.open("rb") as stream:
            _check_size(path)
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            with contextlib.closing(book):
                if name and name not in book.sheetnames:
                    raise Invalid(
                        f"There is no sheet {name!r}; there are {', '.join(book.sheetnames[:20])}."
                    )
                yield book[name] if name else book.worksheets[0]
    except _BROKEN as error:
        raise BadFile(
            f"The workbook is damaged ({type(error).__name__}). Save it again as .xlsx, or as CSV."
        ) from error


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_UNPACKED:
        raise BadFile(
            f"The workbook unpacks to {size / 2**30:.1f} GB, at most {MAX_UNPACKED // 2**30} are "
            "allowed. Save the sheet as CSV."
        )


def _rows(sheet: Any) -> Iterator[Sequence[Any]]:
    # Some programs write a wrong extent of the sheet, which would hide rows and columns.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True)


def _even(rows: Iterator[Sequence[Any]], width: int) -> Iterator[list[str | None]]:
    """Iterate over rows of one width: empty cells at the end are not stored in a workbook."""
    for number, row in enumerate(rows, start=1):
        if any(cell is not None for cell in row[width:]):
            raise BadFile(
                f"Row {number} has more cells than the first row has names ({width}). "
                "Name every column."
            )
        cells = [as_text(cell) for cell in row[:width]]
        yield cells + [None] * (width - len(cells))
