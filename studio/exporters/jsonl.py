"""Labels as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from studio.core.options import NoOptions
from studio.exporters.base import LabelsExporter, cells_of, labels_exporters, replacing


@labels_exporters.register("jsonl")
class Jsonl(LabelsExporter):
    """One object a document, in UTF-8; ``null`` where there is no value."""

    title = "JSON Lines"
    summary = "An object a line, for programs."
    Options = NoOptions
    extension = ".jsonl"

    def write(self, batches: Iterator[pa.RecordBatch], path: Path, options: NoOptions) -> int:
        """Write one line a row."""
        rows = 0
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
            for batch in batches:
                names = batch.schema.names
                for row in zip(*(cells_of(c) for c in batch.columns), strict=True):
                    found = dict(zip(names, row, strict=True))
                    line = json.dumps(found, ensure_ascii=False, allow_nan=False, default=str)
                    stream.write(line + "\n")
                rows += batch.num_rows
        return rows
