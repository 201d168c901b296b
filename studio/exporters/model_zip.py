"""A model folder as one file."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from studio.core.errors import NotFound
from studio.exporters.base import replacing

_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip file knows: the same model gives the same bytes, whenever packed."""


def zip_model(folder: Path, target: Path) -> None:
    """Pack all files of a model folder; ``target`` appears when it is whole.

    The files lie at the top of the archive, so that unpacking it into a folder gives the model
    folder again. Links are left out: they may point to what is no part of the model.

    Raises
    ------
    NotFound
        If the folder is missing or has no files.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if not files:
        raise NotFound(f"There is no model in the folder {folder.name!r}. Train it again.")
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path in files:
            name = path.relative_to(folder).as_posix()
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            # Weights do not shrink; deflating them would only take time.
            packed = path.suffix != ".safetensors"
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as stream:
                while chunk := source.read(1 << 20):
                    stream.write(chunk)
