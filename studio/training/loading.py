"""A model folder of any origin as a classifier."""

from __future__ import annotations

from pathlib import Path

from studio.core.classifier import Classifier
from studio.core.errors import NotFound
from studio.training.base import training_methods
from studio.training.manifest import read_manifest
from studio.training.transformer import load_transformer


def load_classifier(folder: Path) -> Classifier:
    """Return the classifier of a folder that a training method, or anybody else, wrote.

    A folder without ``weft.json`` is taken for a plain Hugging Face sequence classifier. Code
    from a folder never runs, and weights are read from safetensors alone.

    Raises
    ------
    NotFound
        If there is no such folder.
    Invalid
        If it holds something else.
    Unavailable
        If its parts cannot be loaded here.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no model folder {folder.name!r}.")
    manifest = read_manifest(folder)
    if manifest is None:
        return load_transformer(folder)
    return training_methods.get(manifest.method)().load(folder)
