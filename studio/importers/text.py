"""Plain text, a document a line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TextIO

import pyarrow as pa

from studio.core.documents import MAX_TEXT_LENGTH
from studio.core.errors import BadFile
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import Encoding, open_text, resolve_encoding
from studio.importers.places import Place
from studio.importers.rows import text_schema, to_batches


class TextOptions(Options):
    """Options of plain text."""

    encoding: Encoding = option(
        "auto", title="Encoding", help="How letters are written as bytes; auto looks at the file."
    )


@importers.register("text")
class Text(Importer):
    """One document a line, nothing else."""

    title = "Plain text"
    summary = "Each line is a document; empty lines are left out."
    Options = TextOptions
    extensions = (".txt", ".text")
    example = "Great song, love it\nSubscribe to my channel\n"

    def read(
        self, path: Place, options: TextOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the lines as the one column ``text``; row numbers are line numbers."""
        encoding = resolve_encoding(path, options.encoding)
        with open_text(path, encoding) as stream:
            rows = ([line] for line in itertools.islice(_lines(stream), limit))
            yield from to_batches(rows, text_schema(["text"]))

    def recognize(self, head: FileHead) -> Detection | None:
        """Return the encoding; any text file has lines, so this is the last resort."""
        if head.encoding is None:
            return None
        confidence = 0.6 if head.suffix in self.extensions else 0.1
        note = f"Plain text, a document a line, {head.encoding}."
        return Detection("text", {"encoding": head.encoding}, note, confidence)


def _lines(stream: TextIO) -> Iterator[str]:
    # One character more than a text may have, and the two of the end of a line.
    longest = MAX_TEXT_LENGTH + 3
    for number in itertools.count(1):
        line = stream.readline(longest)
        if not line:
            return
        if len(line) == longest:
            raise BadFile(
                f"Line {number} has more than {MAX_TEXT_LENGTH:,} characters. "
                "Split it into several documents."
            )
        yield line.rstrip("\r\n")
