from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from studio.core.errors import BadFile
from studio.training.data import read_training_set, write_training_set
from tests.training.tiny import make_set


def test_a_training_set_comes_back_as_it_was(tmp_path: Path) -> None:
    training_set = dataclasses.replace(
        make_set(2), texts=("two\nlines\u2028 \ud800", "中文"), labels=("schön", "no")
    )
    write_training_set(training_set, tmp_path / "set")
    again = read_training_set(tmp_path / "set")
    assert again.fingerprint == training_set.fingerprint
    assert again.texts == training_set.texts
    assert again.origins.dtype == training_set.origins.dtype


@pytest.mark.parametrize("name", ["arrays.npz", "texts.jsonl", "labels.json"])
@pytest.mark.parametrize("damage", [None, b"", b"{\xff", b"PK\x03\x04"])
def test_a_damaged_training_set_is_refused(
    tmp_path: Path, name: str, damage: bytes | None
) -> None:
    write_training_set(make_set(4), tmp_path)
    if damage is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(damage)
    with pytest.raises(BadFile, match="written anew"):
        read_training_set(tmp_path)
