"""The files of the WRENCH benchmark: texts with gold labels and votes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from studio.core.errors import BadFile
from studio.core.options import Options, option
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import open_text, resolve_encoding
from studio.importers.json_stream import JsonStream
from studio.importers.mapping import VOTE_PREFIX
from studio.importers.objects import keys_and_schema, object_batches
from studio.importers.places import Place
from studio.importers.rows import ticking


class WrenchOptions(Options):
    """Options of WRENCH files."""

    vote_names: tuple[str, ...] = option(
        (),
        title="Names of the labeling functions",
        help="One a line, in the order of the votes; without names they are lf_1, lf_2, …",
        widget="lines",
    )


@importers.register("wrench")
class Wrench(Importer):
    """An object of documents, each with ``data``, ``label`` and ``weak_labels``.

    Notes
    -----
    Zhang et al., "WRENCH: A Comprehensive Benchmark for Weak Supervision", NeurIPS 2021.
    """

    title = "WRENCH JSON"
    summary = "Benchmark files with gold labels and the votes of labeling functions."
    Options = WrenchOptions
    extensions = (".json",)
    example = (
        '{"0": {"data": {"text": "Great song"}, "label": 0, "weak_labels": [-1, 0]},\n'
        ' "1": {"data": {"text": "Subscribe to me"}, "label": 1, "weak_labels": [1, -1]}}\n'
    )

    def read(
        self, path: Place, options: WrenchOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over ``text``, ``label``, ``vote:NAME`` a function, and the rest of the data.

        The file is read twice, document by document: for keys and types, and for the values.
        """
        encoding = resolve_encoding(path, "auto")

        def objects() -> Iterator[Mapping[str, Any]]:
            names: tuple[str, ...] | None = None
            for key, entry in itertools.islice(_entries(path, encoding), limit):
                names = _vote_names(entry, options.vote_names) if names is None else names
                yield _flat(key, entry, names)

        keys, schema = keys_and_schema(ticking(objects(), self.waiting))
        yield from object_batches(objects(), schema, keys)

    def columns(self, path: Place, options: WrenchOptions) -> tuple[str, ...]:
        """Return the columns of all documents: a later one may have more."""
        return tuple(next(iter(self.read(path, options))).schema.names)

    def recognize(self, head: FileHead) -> Detection | None:
        """Recognize by the keys of the first document."""
        beginning = head.text[:20_000].lstrip()
        if not beginning.startswith("{") or '"data"' not in beginning:
            return None
        if '"weak_labels"' not in head.text:
            return None
        return Detection("wrench", {}, "A WRENCH file with votes.", 0.97)


def _entries(path: Place, encoding: str) -> Iterator[tuple[str, Any]]:
    with open_text(path, encoding) as text:
        stream = JsonStream(text)
        found = stream.pairs() if stream.peek() == "{" else iter(())
        first = next(found, None)
        if first is None:
            raise BadFile(
                "The file is no object of documents. A WRENCH file begins with "
                '{"0": {"data": {"text": "…"}, …}}.'
            )
        yield first
        yield from found


def _vote_names(first: Any, given: Sequence[str]) -> tuple[str, ...]:
    votes = first.get("weak_labels", []) if isinstance(first, dict) else []
    n_votes = len(votes) if isinstance(votes, list) else 0
    names = tuple(name.strip() for name in given if name.strip())
    if not names:
        return tuple(f"lf_{position}" for position in range(1, n_votes + 1))
    if len(names) != n_votes:
        raise BadFile(
            f"{len(names)} names of labeling functions were given, but each document has "
            f"{n_votes} votes. Give one name a vote."
        )
    if len(set(names)) != len(names):
        raise BadFile("Two labeling functions have one name. Give each its own.")
    return names


def _flat(key: str, entry: Any, names: Sequence[str]) -> dict[str, Any]:
    data = entry.get("data") if isinstance(entry, dict) else None
    if not isinstance(data, dict) or "text" not in data:
        raise BadFile(
            f"The document {key[:40]!r} has no text. Each needs "
            '{"data": {"text": "…"}, "label": 0, "weak_labels": [-1, …]}.'
        )
    votes = entry.get("weak_labels", [])
    if not isinstance(votes, list) or len(votes) != len(names):
        raise BadFile(
            f"The document {key[:40]!r} has {len(votes) if isinstance(votes, list) else 'no'} "
            f"votes, the first one {len(names)}. All need the same number."
        )
    flat = {"text": data["text"], "label": entry.get("label")}
    flat.update(zip([VOTE_PREFIX + name for name in names], votes, strict=True))
    for name, value in data.items():
        if name != "text":
            flat[name if name not in flat else f"{name}_data"] = value
    return flat
