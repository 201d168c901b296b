"""A frozen training set as a folder: arrays in one file, texts in JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from studio.core.errors import BadFile, Invalid
from studio.core.runs import TrainingSet


def write_training_set(training_set: TrainingSet, folder: Path) -> None:
    """Write ``arrays.npz``, ``texts.jsonl``, ``dev_texts.jsonl`` and ``labels.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "arrays.npz",
        targets=training_set.targets,
        weights=training_set.weights,
        origins=training_set.origins,
        doc_ids=training_set.doc_ids,
        dev_labels=training_set.dev_labels,
    )
    _write_texts(folder / "texts.jsonl", training_set.texts)
    _write_texts(folder / "dev_texts.jsonl", training_set.dev_texts)
    labels = json.dumps(list(training_set.labels), ensure_ascii=False)
    (folder / "labels.json").write_text(labels, encoding="utf-8")


def read_training_set(folder: Path) -> TrainingSet:
    """Return the training set that :func:`write_training_set` wrote.

    Raises
    ------
    BadFile
        If a file is missing or damaged.
    """
    try:
        # Opened here, because NumPy leaves the file open when it is no archive.
        with (
            (folder / "arrays.npz").open("rb") as stream,
            np.load(stream, allow_pickle=False) as arrays,
        ):
            return TrainingSet(
                texts=_read_texts(folder / "texts.jsonl"),
                targets=arrays["targets"],
                weights=arrays["weights"],
                origins=arrays["origins"],
                doc_ids=arrays["doc_ids"],
                labels=tuple(json.loads((folder / "labels.json").read_text("utf-8"))),
                dev_texts=_read_texts(folder / "dev_texts.jsonl"),
                dev_labels=arrays["dev_labels"],
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, Invalid) as error:
        raise BadFile(
            f"The training set in {folder.name!r} cannot be read ({error}). Start the run again, "
            "so that it is written anew."
        ) from error


def _write_texts(path: Path, texts: Iterable[str]) -> None:
    # ASCII escapes keep every string one line and let lone surrogates through.
    with path.open("w", encoding="ascii", newline="\n") as stream:
        for text in texts:
            stream.write(json.dumps(text) + "\n")


def _read_texts(path: Path) -> tuple[str, ...]:
    with path.open(encoding="ascii") as stream:
        return tuple(json.loads(line) for line in stream)
