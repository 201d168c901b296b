from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny import make_backbone


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT without a head."""
    return make_backbone(tmp_path_factory.mktemp("backbones") / "tiny-bert")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small a model is slower on two threads, and far slower where others compute."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
