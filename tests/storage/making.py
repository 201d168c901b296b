"""Small projects for the tests of storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from studio.core.schema import LabelSchema
from studio.storage.store import Store

SPAM = LabelSchema(("ham", "spam"))


def batch(texts: Sequence[str], start: int = 0, **metadata: Any) -> pa.RecordBatch:
    columns: dict[str, Any] = {
        "external_id": pa.array([str(start + row) for row in range(len(texts))], pa.string()),
        "text": pa.array(texts, pa.large_string()),
    }
    return pa.record_batch({**columns, **metadata})


def add_documents(store: Store, project_id: int, texts: Sequence[str], split: int = 0) -> None:
    with store.documents.open_writer(project_id) as writer:
        writer.write(batch(texts), np.full(len(texts), split, np.int8))
        writer.commit()


def make_project(store: Store, texts: Sequence[str] = ("one", "two", "three")) -> int:
    project_id = store.projects.add("mail", SPAM, actor="ada")
    if texts:
        add_documents(store, project_id, texts)
    return project_id
