"""JSON values into rows: what the JSON formats have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from studio.core.errors import BadFile
from studio.importers.decoding import open_text
from studio.importers.places import Place
from studio.importers.rows import schema_of, to_batches

MAX_CHARACTERS: Final = 128 * 2**20
"""An object of lists is read as a whole; lists and JSON Lines can be as large as the disk."""


def load_json(path: Place, encoding: str) -> Any:
    """Return the value of a JSON file.

    Raises
    ------
    BadFile
        If it is no JSON, with line and column, or has more than 134 million characters.
    """
    with open_text(path, encoding) as stream:
        text = stream.read(MAX_CHARACTERS + 1)
    if len(text) > MAX_CHARACTERS:
        raise BadFile(
            f"The file has more than {MAX_CHARACTERS:,} characters. An object of lists is read "
            "as a whole: save it as JSON Lines or as a list of objects, which are read in parts."
        )
    return parse_json(text)


def parse_json(text: str, *, line: int = 1) -> Any:
    """Return the value of JSON text that begins in the given line of its file.

    Raises
    ------
    BadFile
        If it is no JSON; the message names line and column.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadFile(
            f"Line {line + error.lineno - 1}, column {error.colno} is not JSON: "
            f"{error.msg[:1].lower()}{error.msg[1:]}. Correct it there."
        ) from error
    except (RecursionError, ValueError) as error:
        # ValueError: a number of thousands of digits, which Python refuses to read.
        raise BadFile(
            f"The JSON value that begins in line {line} is nested too deeply or holds a huge "
            "number. Give each document a flat object."
        ) from error


def object_batches(
    objects: Iterable[Mapping[str, Any]], schema: pa.Schema, keys: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Pack objects into batches; a missing key is an empty cell."""
    yield from to_batches(([found.get(key) for key in keys] for found in objects), schema)


def keys_and_schema(
    objects: Iterable[Mapping[str, Any]],
) -> tuple[tuple[str, ...], pa.Schema]:
    """Return all keys of some objects in order of appearance, and the columns they become."""
    keys: dict[str, None] = {}

    def seen() -> Iterator[Mapping[str, Any]]:
        for found in objects:
            keys.update(dict.fromkeys(found))
            yield found

    schema = schema_of(seen())
    return tuple(keys), schema
