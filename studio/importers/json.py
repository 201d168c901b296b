"""JSON: a list of objects, or an object of lists."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from studio.core.errors import BadFile
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import Encoding, resolve_encoding
from studio.importers.objects import keys_and_schema, load_json, object_batches


class JsonOptions(Options):
    """Options of JSON."""

    encoding: Encoding = option(
        "auto", title="Encoding", help="How letters are written as bytes; auto looks at the file."
    )


@importers.register("json")
class Json(Importer):
    """A list of objects, or an object whose keys are columns."""

    title = "JSON"
    summary = "A list of objects, or an object of lists; up to 512 MB."
    Options = JsonOptions
    extensions = (".json",)
    example = (
        '[{"text": "Great song, love it", "label": "ham"},\n'
        ' {"text": "Subscribe to my channel", "label": "spam"}]\n'
    )

    def read(
        self, path: Path, options: JsonOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the objects of a list, or the rows of an object of lists."""
        value = load_json(path, resolve_encoding(path, options.encoding))
        objects = _as_objects(value)[:limit]
        keys, schema = keys_and_schema(objects)
        yield from object_batches(objects, schema, keys)

    def recognize(self, head: FileHead) -> Detection | None:
        """Recognize by the ending of the name or the first character."""
        if head.encoding is None:
            return None
        named = head.suffix in self.extensions
        if not head.text.lstrip().startswith(("[", "{")) or (
            not named and head.suffix not in ("", ".txt")
        ):
            return None
        note = f"JSON, {head.encoding}."
        return Detection("json", {"encoding": head.encoding}, note, 0.75 if named else 0.65)


def _as_objects(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()):
        return _from_lists(value)
    if not isinstance(value, list):
        raise BadFile(
            f"The file holds {_describe(value)}. Give it a list of objects, "
            '[{"text": "…"}, …], or an object of lists, {"text": ["…", …]}.'
        )
    if not value:
        raise BadFile("The file holds an empty list. Choose one with at least one object.")
    for position, found in enumerate(value, start=1):
        if not isinstance(found, dict):
            raise BadFile(
                f"Item {position} of the list is {_describe(found)}, not an object. "
                'Each must look like {"text": "…"}.'
            )
    return value


def _from_lists(value: Mapping[str, list[Any]]) -> list[Mapping[str, Any]]:
    lengths = {key: len(cells) for key, cells in value.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{k!r} has {n}" for k, n in itertools.islice(lengths.items(), 5))
        raise BadFile(f"The lists must be equally long, but {listed}. Fill the shorter ones.")
    rows = zip(*value.values(), strict=True)
    return [dict(zip(value, row, strict=True)) for row in rows]


def _describe(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "nothing" if value is None else kinds.get(type(value), "a number")
