from __future__ import annotations

import json
from pathlib import Path

from studio.training.checkpoints import best_checkpoint, last_checkpoint


def make(work: Path, step: int, *, best: str | None = None, state: str | None = None) -> Path:
    folder = work / f"checkpoint-{step}"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    text = json.dumps({"best_model_checkpoint": best}) if state is None else state
    (folder / "trainer_state.json").write_text(text)
    return folder


def test_the_newest_is_found_by_number_not_by_name(tmp_path: Path) -> None:
    make(tmp_path, 9)
    assert last_checkpoint(tmp_path) != make(tmp_path, 8)
    assert last_checkpoint(tmp_path) != last_checkpoint(tmp_path / "nothing")
    newest = make(tmp_path, 10)
    assert last_checkpoint(tmp_path) == newest


def test_what_is_half_written_is_removed(tmp_path: Path) -> None:
    whole = make(tmp_path, 1)
    broken = [make(tmp_path, 2, state="{"), make(tmp_path, 3)]
    (broken[1] / "model.safetensors").unlink()
    assert last_checkpoint(tmp_path) == whole
    assert not any(folder.exists() for folder in broken)


def test_the_best_is_found_although_the_folder_moved(tmp_path: Path) -> None:
    best = make(tmp_path, 4)
    last = make(tmp_path, 8, best="/elsewhere/checkpoint-4")
    assert best_checkpoint(last) == best
    assert best_checkpoint(best) == best


def test_a_lost_best_falls_back_to_the_last(tmp_path: Path) -> None:
    last = make(tmp_path, 8, best="/elsewhere/checkpoint-4")
    assert best_checkpoint(last) == last
