"""Small files of documents for the tests of labeling functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa


def write_shard(
    path: Path, texts: Sequence[str | None], *, rows_a_batch: int = 8192, **metadata: Sequence[Any]
) -> Path:
    """Write an Arrow IPC file as the storage does, and return its path."""
    columns = {
        "external_id": pa.array([f"doc-{i}" for i in range(len(texts))], pa.string()),
        "text": pa.array(texts, pa.large_string()),
    }
    columns |= {name: pa.array(values) for name, values in metadata.items()}
    table = pa.table(columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows_a_batch)
    return path
