"""JSON Lines: an object a line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from studio.core.errors import BadFile
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import Encoding, lines_of, open_text, resolve_encoding
from studio.importers.objects import keys_and_schema, object_batches, parse_json
from studio.importers.places import Place
from studio.importers.rows import check_columns, ticking


class JsonlOptions(Options):
    """Options of JSON Lines."""

    encoding: Encoding = option(
        "auto", title="Encoding", help="How letters are written as bytes; auto looks at the file."
    )


@importers.register("jsonl")
class Jsonl(Importer):
    """One object a line; its keys are the columns."""

    title = "JSON Lines"
    summary = "A JSON object a line; files of any size."
    Options = JsonlOptions
    extensions = (".jsonl", ".ndjson", ".jsonlines")
    example = (
        '{"text": "Great song, love it", "label": "ham"}\n'
        '{"text": "Subscribe to my channel", "label": "spam"}\n'
    )

    def read(
        self, path: Place, options: JsonlOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the lines twice: once for keys and types, once for the values."""
        encoding = resolve_encoding(path, options.encoding)
        looked_at = ticking(itertools.islice(_objects(path, encoding), limit), self.waiting)
        keys, schema = keys_and_schema(looked_at)
        yield from object_batches(itertools.islice(_objects(path, encoding), limit), schema, keys)

    def columns(self, path: Place, options: JsonlOptions) -> tuple[str, ...]:
        """Return the keys of all lines: a later one may have more."""
        found = _objects(path, resolve_encoding(path, options.encoding))
        keys = (key for one in ticking(found, self.waiting) for key in one)
        return check_columns(list(dict.fromkeys(keys)))

    def recognize(self, head: FileHead) -> Detection | None:
        """Recognize by a first line that is an object by itself."""
        if head.encoding is None:
            return None
        named = head.suffix in self.extensions
        if not named and not _starts_with_object(head.text):
            return None
        note = f"An object a line, {head.encoding}."
        confidence = 0.95 if named else 0.8
        return Detection("jsonl", {"encoding": head.encoding}, note, confidence)


def _objects(path: Place, encoding: str) -> Iterator[dict[str, Any]]:
    with open_text(path, encoding) as stream:
        for number, line in enumerate(lines_of(stream), start=1):
            if not line.strip():
                continue
            found = parse_json(line, line=number)
            if not isinstance(found, dict):
                raise BadFile(
                    f"Line {number} is no JSON object but {line.strip()[:40]!r}. Each line must "
                    'look like {"text": "…"}.'
                )
            yield found


def _starts_with_object(head: str) -> bool:
    lines = [line.strip() for line in head.split("\n") if line.strip()][:2]
    try:
        found = parse_json(lines[0]) if lines else None
    except BadFile:
        return False
    if not isinstance(found, dict):
        return False
    # A whole JSON file may stand in one line too; then its values are lists or objects.
    nested = any(isinstance(value, dict | list) for value in found.values())
    return lines[1].startswith("{") if len(lines) == 2 else not nested
