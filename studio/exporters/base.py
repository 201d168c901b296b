"""The family of formats in which labels leave."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from studio.core.registry import Member, Registry


class LabelsExporter(Member, ABC):
    """One format of labels. ``extension`` ends the name of its files, with the dot."""

    extension: ClassVar[str]

    @abstractmethod
    def write(self, batches: Iterator[pa.RecordBatch], path: Path, options: Any) -> int:
        """Write all rows and return their number.

        The file appears under its name when it is whole; a failure leaves none behind.

        Parameters
        ----------
        batches
            Flat columns, the same in each batch.
        path
            The file to write; one of this name is replaced.
        options
            Of this format.
        """


labels_exporters: Registry[LabelsExporter] = Registry("labels format", "studio.exporters", "csv")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place if the block succeeds."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def cells_of(column: pa.Array) -> list[Any]:
    """Return the values of a column; what is not a finite number becomes None.

    Numbers of 32 bits come with the few digits that tell them apart: 0.3, not 0.30000001192.
    """
    if not pa.types.is_floating(column.type):
        return list(column.to_pylist())
    values = column.to_numpy(zero_copy_only=False)
    finite = np.isfinite(values.astype(np.float64)) & ~np.asarray(column.is_null())
    return [
        float(str(value)) if good else None for value, good in zip(values, finite, strict=True)
    ]
