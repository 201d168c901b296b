"""The reload gate: a run counts only if its saved model says what the trained one said.

The trained classifier leaves a witness, its probabilities for some training texts, in the model
folder. :func:`check_reload` has a fresh process load the folder and say the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.classifier import Classifier
from studio.core.errors import RunFailed, StudioError
from studio.core.runs import TrainingSet
from studio.training.data import read_training_set
from studio.training.process import child_environment, python_command

N_TEXTS = 32
TOLERANCE = 1e-4
"""Largest difference of a probability: above the noise of another order of additions, far below
what a forgotten layer makes."""

WITNESS = "witness.npy"
_TIMEOUT = 600.0


def write_witness(classifier: Classifier, training_set: TrainingSet, folder: Path) -> None:
    """Write what a trained classifier says of texts spread over its training set."""
    probs = classifier.predict_proba(_texts(training_set))
    np.save(folder / WITNESS, probs, allow_pickle=False)


def check_reload(
    folder: Path, data: Path, *, n: int = N_TEXTS, tolerance: float = TOLERANCE
) -> float:
    """Load a model folder in a fresh process and compare it with the witness.

    Parameters
    ----------
    folder
        A model folder with a witness.
    data
        Folder of the training set that the model was trained on.
    n
        Texts to compare, at most 32.
    tolerance
        Largest difference of a probability that passes.

    Returns
    -------
    float
        The largest difference found, in ``[0, tolerance]``.

    Raises
    ------
    RunFailed
        If the folder cannot be loaded, or the probabilities differ.
    """
    found = subprocess.run(
        python_command("studio.training.gate", str(folder), str(data), str(n)),
        capture_output=True,
        check=False,
        env={**child_environment(), "HF_HUB_OFFLINE": "1"},
        timeout=_TIMEOUT,
    )
    if found.returncode != 0:
        words = found.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise RunFailed(f"The saved model cannot be loaded again: {words[-1][:300]}")
    difference = float(json.loads(found.stdout.splitlines()[-1]))
    if not difference <= tolerance:
        raise RunFailed(
            f"The saved model gives other probabilities than the trained one (difference "
            f"{difference:.4f}), so a part of it was not saved. Report this with the run's log."
        )
    return difference


def difference_after_reload(folder: Path, data: Path, n: int) -> float:
    """Return the largest difference between a loaded model and its witness, in this process.

    Raises
    ------
    StudioError
        If the folder cannot be loaded.
    """
    from studio.training.loading import load_classifier

    classifier = load_classifier(folder)
    texts = _texts(read_training_set(data))[:n]
    witness: NDArray[np.float32] = np.load(folder / WITNESS, allow_pickle=False)[:n]
    return float(np.abs(classifier.predict_proba(texts) - witness).max())


def _texts(training_set: TrainingSet) -> list[str]:
    last = len(training_set) - 1
    rows = np.unique(np.linspace(0, last, min(N_TEXTS, last + 1)).astype(np.int64))
    return [training_set.texts[row] for row in rows.tolist()]


if __name__ == "__main__":
    try:
        answer = difference_after_reload(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    except StudioError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{json.dumps(answer)}\n")
