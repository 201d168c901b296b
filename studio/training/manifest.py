"""``weft.json``: what a model folder is, beside the files that the world knows how to read."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from studio.core.errors import BadFile

FILE_NAME = "weft.json"
_PACKAGES = ("torch", "transformers", "scikit-learn", "numpy")


@dataclass(frozen=True)
class Manifest:
    """What made a model and what it needs to be used rightly.

    ``max_length`` counts tokens and is 0 where a method reads the whole text. ``versions`` are
    those of the libraries that trained it.
    """

    method: str
    labels: tuple[str, ...]
    seed: int
    backbone: str = ""
    max_length: int = 0
    versions: dict[str, str] = field(default_factory=dict)


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries on which a model's numbers depend."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``weft.json`` into a model folder."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a model folder; None where it has none.

    Raises
    ------
    BadFile
        If there is one that cannot be understood.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        known = {name: raw[name] for name in Manifest.__dataclass_fields__ if name in raw}
        return Manifest(**{**known, "labels": tuple(raw["labels"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{FILE_NAME} of the model {folder.name!r} cannot be read ({error}). Train or copy "
            "the model again."
        ) from error
