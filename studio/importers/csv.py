"""Delimited text: CSV, TSV and their relatives."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
from pydantic import BeforeValidator

from studio.core.documents import MAX_TEXT_LENGTH
from studio.core.errors import BadFile
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import Encoding, head_of, lines_of, open_text, resolve_encoding
from studio.importers.places import Place
from studio.importers.rows import check_columns, text_schema, to_batches

# The reader of the standard library stops at 131,072 characters a cell by default; this limit
# is its only one, and a quote that is never closed cannot fill the memory because of it.
csv.field_size_limit(MAX_TEXT_LENGTH)

_DELIMITERS: Final = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_END: Final = "\x00weft-end\x00"
_SHOWN: Final = 3


def _delimiter_name(value: Any) -> Any:
    return _DELIMITERS.get(value, "tab" if value == "\\t" else value)


class CsvOptions(Options):
    """Options of delimited text."""

    delimiter: Annotated[
        Literal["auto", "comma", "tab", "semicolon", "bar"], BeforeValidator(_delimiter_name)
    ] = option(
        "auto", title="Delimiter", help="What stands between two cells; auto looks at the file."
    )
    encoding: Encoding = option(
        "auto", title="Encoding", help="How letters are written as bytes; auto looks at the file."
    )
    header: bool = option(
        True,
        title="First row has the names",
        help="Off: columns are called column_1, column_2, … and the first row is a document.",
    )
    quote: Literal["auto", "double", "single", "none"] = option(
        "auto",
        title="Quotes",
        help="What encloses a cell that holds delimiters or ends of lines.",
        advanced=True,
    )


@dataclass(frozen=True)
class Dialect:
    """A delimiter and a quote character; an empty quote means that quotes are plain text."""

    delimiter: str
    quote: str

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Any:
        """Return the standard library's reader of ``lines`` in this dialect."""
        if not self.quote:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=strict)


@importers.register("csv")
class Csv(Importer):
    """One document a row; the first row names the columns."""

    title = "CSV or TSV"
    summary = "A table as text; delimiter, encoding and quotes are found out."
    Options = CsvOptions
    extensions = (".csv", ".tsv", ".tab")
    example = 'text,label\n"Great song, love it",ham\nSubscribe to my channel,spam\n'

    def read(
        self, path: Place, options: CsvOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the rows; every column is text, since an id may have leading zeros."""
        encoding = resolve_encoding(path, options.encoding)
        dialect = _dialect(head_of(path, encoding), options)
        with open_text(path, encoding) as stream:
            rows = _numbered(
                dialect.reader(itertools.chain(lines_of(stream), ["\n", f"{_END}\n"]))
            )
            first = next(rows, None)
            if first is None:
                raise BadFile("The file has only empty lines. Choose one with a header and rows.")
            if not options.header:
                rows = itertools.chain([first], rows)
            names = first[1] if options.header else [""] * len(first[1])
            schema = text_schema(check_columns(names))
            yield from to_batches(itertools.islice(_even(rows, len(schema)), limit), schema)

    def recognize(self, head: FileHead) -> Detection | None:
        """Return delimiter and encoding of what looks like a table."""
        if head.encoding is None:
            return None
        dialect, columns = sniff(head.text)
        named = head.suffix in self.extensions
        if not named and columns < 2:
            return None
        found = {
            "delimiter": _DELIMITERS[dialect.delimiter],
            "encoding": head.encoding,
            "quote": {'"': "double", "'": "single", "": "none"}[dialect.quote],
        }
        note = f"A table of {columns} columns, delimiter {found['delimiter']}, {head.encoding}."
        return Detection("csv", found, note, 0.9 if named else 0.4)


def sniff(head: str) -> tuple[Dialect, int]:
    """Return the dialect in which the first rows agree best, and its number of columns.

    A dialect is judged by the share of rows with as many cells as the first, then by whether its
    quotes are used as they should be, then by the number of columns.
    """
    best: tuple[tuple[float, bool, int], Dialect, int] | None = None
    for quote, delimiter in itertools.product(('"', "", "'"), _DELIMITERS):
        if quote and quote not in head:
            continue
        dialect = Dialect(delimiter, quote)
        counts = _counts(dialect, head)
        if not counts or counts[0] < 2:
            continue
        agree = round(counts.count(counts[0]) / len(counts), 2)
        score = (agree, _is_strict(dialect, head), counts[0])
        if best is None or score > best[0]:
            best = (score, dialect, counts[0])
    if best is None:
        return _single_column(head), 1
    dialect = best[1]
    # Where no quote is in sight yet, one may come later in the file, and then it means one.
    return (dialect if dialect.quote or '"' in head else Dialect(dialect.delimiter, '"')), best[2]


def _dialect(head: str, options: CsvOptions) -> Dialect:
    delimiters = {name: character for character, name in _DELIMITERS.items()}
    found, _ = sniff(head)
    return Dialect(
        delimiter=delimiters.get(options.delimiter, found.delimiter),
        quote={"auto": found.quote, "double": '"', "single": "'", "none": ""}[options.quote],
    )


def _single_column(head: str) -> Dialect:
    """Return a dialect that leaves every line whole: commas in it are plain text."""
    for quote, delimiter in itertools.product(('"', ""), _DELIMITERS):
        dialect = Dialect(delimiter, quote)
        if set(_counts(dialect, head)) == {1} and _is_strict(dialect, head):
            return dialect
    return Dialect(",", '"')


def _counts(dialect: Dialect, head: str) -> list[int]:
    try:
        rows = [row for row in dialect.reader(io.StringIO(head, newline="")) if row]
    except csv.Error:
        return []
    # The head may end within a quoted cell; its last row is then cut.
    return [len(row) for row in (rows[:-1] if len(rows) > 2 else rows)]


def _is_strict(dialect: Dialect, head: str) -> bool:
    rows = dialect.reader(io.StringIO(head, newline=""), strict=True)
    try:
        for _ in rows:
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return True


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Iterate over (first line, cells) of the rows that are not blank.

    A sentinel is read after the last line: only a quote that was never closed can swallow it.
    """
    line, row = 1, []
    try:
        for row in reader:
            if row and _END in row[-1]:
                break
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(_broken_cell(line, str(error))) from error
    if row != [_END]:
        raise BadFile(
            f"The quote that opens in the row of line {line} is never closed. "
            "Close it, or set the option quotes to none if quotes are plain text here."
        )


def _broken_cell(line: int, reason: str) -> str:
    if "field larger" in reason:
        return (
            f"The row that begins in line {line} has a cell of more than {MAX_TEXT_LENGTH:,} "
            "characters. Split the text, or close the quote that is left open there."
        )
    return f"The row that begins in line {line} cannot be read: {reason}. Check its quotes."


def _even(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[list[str]]:
    """Iterate over rows, refusing a file with rows that are longer or shorter than the first."""
    for line, row in rows:
        if len(row) == width:
            yield row
            continue
        others = ((n, r) for n, r in rows if len(r) != width)
        wrong = [(line, row), *itertools.islice(others, _SHOWN - 1)]
        listed = ", ".join(f"line {n} has {len(r)}" for n, r in wrong)
        raise BadFile(
            f"The first row has {width} {'cell' if width == 1 else 'cells'}, but {listed}. "
            "Check delimiter and quotes; plain lines of text can be read as the format text."
        )
