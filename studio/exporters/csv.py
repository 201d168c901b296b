"""Labels as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from studio.core.options import Options, option
from studio.exporters.base import LabelsExporter, cells_of, labels_exporters, replacing

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class CsvOptions(Options):
    """Options of CSV."""

    harmless: bool = option(
        True,
        title="Make formulas harmless",
        help="Puts an apostrophe before texts that a spreadsheet would run as a formula.",
    )
    excel_mark: bool = option(
        False,
        title="Mark for Excel",
        help="Begins the file with a byte order mark; Excel needs it to show Chinese or accents.",
    )


@labels_exporters.register("csv")
class Csv(LabelsExporter):
    """One row a document, as RFC 4180 has it, in UTF-8.

    Notes
    -----
    Spreadsheets run cells that begin with one of ``= + - @`` as formulas, which can send a table
    elsewhere (OWASP, "CSV Injection"). Texts come from strangers, so such cells get an apostrophe
    in front; numbers stay as they are.
    """

    title = "CSV"
    summary = "A table for spreadsheets and data frames."
    Options = CsvOptions
    extension = ".csv"

    def write(self, batches: Iterator[pa.RecordBatch], path: Path, options: CsvOptions) -> int:
        """Write a header and one line a row; an empty cell where there is no value."""
        encoding = "utf-8-sig" if options.excel_mark else "utf-8"
        shown = harmless if options.harmless else _as_it_is
        rows = 0
        with (
            replacing(path) as temporary,
            temporary.open("w", encoding=encoding, newline="") as stream,
        ):
            # Ends of lines as in RFC 4180; with a bare "\n" the writer would not quote a "\r".
            writer = csv.writer(stream, lineterminator="\r\n")
            for batch in batches:
                if not stream.tell():
                    writer.writerow([shown(name) for name in batch.schema.names])
                columns = [[shown(cell) for cell in cells_of(c)] for c in batch.columns]
                writer.writerows(zip(*columns, strict=True))
                rows += batch.num_rows
        return rows


def harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet runs as a formula."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA_STARTS):
        return cell
    return cell if _NUMBER.fullmatch(cell) else f"'{cell}"


def _as_it_is(cell: Any) -> Any:
    return cell
