from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny import make_backbone


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT without a head."""
    return make_backbone(tmp_path_factory.mktemp("backbones") / "tiny-bert")
