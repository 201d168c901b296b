"""JSON: a list of objects, or an object of lists."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from studio.core.errors import BadFile
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import Encoding, open_text, resolve_encoding
from studio.importers.json_stream import JsonStream
from studio.importers.objects import keys_and_schema, load_json, object_batches
from studio.importers.places import Place
from studio.importers.rows import check_columns, ticking


class JsonOptions(Options):
    """Options of JSON."""

    encoding: Encoding = option(
        "auto", title="Encoding", help="How letters are written as bytes; auto looks at the file."
    )


@importers.register("json")
class Json(Importer):
    """A list of objects, or an object whose keys are columns."""

    title = "JSON"
    summary = "A list of objects of any size, or an object of lists."
    Options = JsonOptions
    extensions = (".json",)
    example = (
        '[{"text": "Great song, love it", "label": "ham"},\n'
        ' {"text": "Subscribe to my channel", "label": "spam"}]\n'
    )

    def read(
        self, path: Place, options: JsonOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the objects twice: once for keys and types, once for the values."""
        encoding = resolve_encoding(path, options.encoding)
        objects = _Objects(path, encoding)
        looked_at = ticking(itertools.islice(objects, limit), self.waiting)
        keys, schema = keys_and_schema(looked_at)
        yield from object_batches(itertools.islice(objects, limit), schema, keys)

    def columns(self, path: Place, options: JsonOptions) -> tuple[str, ...]:
        """Return the keys of all objects: a later one may have more."""
        found = _Objects(path, resolve_encoding(path, options.encoding))
        keys = (key for one in ticking(found, self.waiting) for key in one)
        return check_columns(list(dict.fromkeys(keys)))

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


class _Objects:
    """The objects of a file, from the first on each time they are asked for.

    A list is read item by item. An object of lists has to be read as a whole, and is kept.
    """

    def __init__(self, path: Place, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        with open_text(path, encoding) as stream:
            self._is_list = JsonStream(stream).peek() == "["
        self._kept = None if self._is_list else _from_whole(load_json(path, encoding))

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return self._stream() if self._kept is None else iter(self._kept)

    def _stream(self) -> Iterator[Mapping[str, Any]]:
        position = 0
        with open_text(self._path, self._encoding) as stream:
            for position, found in enumerate(JsonStream(stream).items(), start=1):
                if not isinstance(found, dict):
                    raise BadFile(
                        f"Item {position} of the list is {_describe(found)}, not an object. "
                        'Each must look like {"text": "…"}.'
                    )
                yield found
        if not position:
            raise BadFile("The file holds an empty list. Choose one with at least one object.")


def _from_whole(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()):
        return _from_lists(value)
    raise BadFile(
        f"The file holds {_describe(value)}. Give it a list of objects, "
        '[{"text": "…"}, …], or an object of lists, {"text": ["…", …]}.'
    )


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
