"""Some documents of a project as a file of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.storage.store import Store

_BATCH = 8192


def write_documents(store: Store, project_id: int, ids: NDArray[np.int64], path: Path) -> Path:
    """Write some documents, at least one, as a file that kinds can vote on; return its path.

    Parameters
    ----------
    ids
        Document ids, ascending.
    path
        Of the Arrow IPC file; row ``i`` is document ``ids[i]``.
    """
    parts = []
    for shard in store.documents.shards(project_id):
        rows = ids[(ids >= shard.first_doc_id) & (ids < shard.first_doc_id + shard.n_docs)]
        if len(rows):
            parts.append(store.documents.table(shard).take(pa.array(rows - shard.first_doc_id)))
    table = pa.concat_tables(parts, promote_options="permissive").combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=_BATCH)
    return path
