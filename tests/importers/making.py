"""Files of every kind, made by hand."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.core.documents import ColumnMapping
from studio.core.schema import LabelSchema
from studio.importers.base import Incoming, detect, importers, incoming, preview

LABELS = LabelSchema(("ham", "spam"))


def zipped(path: Path, files: Mapping[str, str | bytes], **options: Any) -> Path:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a tar archive, compressed as the ending of its name says."""
    kind = path.suffix.lstrip(".")
    with tarfile.open(path, "w:gz" if kind in ("gz", "tgz") else "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def rows_of(path: Path, name: str, **options: Any) -> list[dict[str, Any]]:
    """Return all raw rows of a file."""
    importer = importers.get(name)
    batches = importer().read(path, importer.Options(**options))
    return [row for batch in batches for row in batch.to_pylist()]


def bring_in(path: Path, name: str | None = None) -> tuple[ColumnMapping, list[Incoming]]:
    """Import a file as the page would, with everything that it guesses."""
    found = detect(path, name or path.name)
    mapping = preview(path, found.format, found.options).mapping
    assert mapping is not None
    parts = list(incoming(path, found.format, found.options, mapping, schema=LABELS))
    return mapping, parts


def texts_of(parts: list[Incoming]) -> list[str]:
    """Return the texts of all parts."""
    return [text for part in parts for text in part.batch["text"].to_pylist()]
