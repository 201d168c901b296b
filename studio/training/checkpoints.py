"""What ``transformers.Trainer`` leaves on the way, and which of it can be used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any


def last_checkpoint(work: Path) -> Path | None:
    """Return the newest complete checkpoint; what a kill left half-written is removed."""
    for folder in sorted(work.glob("checkpoint-*"), key=checkpoint_step, reverse=True):
        if _is_complete(folder):
            return folder
        shutil.rmtree(folder)
    return None


def best_checkpoint(last: Path) -> Path:
    """Return the checkpoint that was the best one on dev when ``last`` was written.

    It is ``last`` itself where no dev documents were watched.
    """
    named = (_state(last) or {}).get("best_model_checkpoint")
    # The name alone: the folder may have moved since.
    best = last.parent / Path(named).name if named else last
    return best if _is_complete(best) else last


def checkpoint_step(folder: Path) -> int:
    """Return the step at which a checkpoint was written."""
    return int(folder.name.rpartition("-")[2])


def _is_complete(folder: Path) -> bool:
    # The trainer writes its state last.
    return _state(folder) is not None and any(folder.glob("*.safetensors"))


def _state(folder: Path) -> dict[str, Any] | None:
    try:
        state = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
