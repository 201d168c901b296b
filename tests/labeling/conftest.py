from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.core.schema import LabelSchema
from studio.labeling.sandbox import close_boxes
from tests.labeling.shards import write_shard


@pytest.fixture(scope="session", autouse=True)
def _no_boxes_left() -> Iterator[None]:
    """Ends the sandboxes that the tests have warmed up."""
    yield
    close_boxes()


@pytest.fixture
def schema() -> LabelSchema:
    """The labels of all tests here."""
    return LabelSchema(("ham", "spam"))


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """Twenty documents: row i says its number; every third asks to check something out."""
    texts = [f"row {i} " + ("Check it out" if i % 3 == 0 else "I love it") for i in range(20)]
    return write_shard(tmp_path / "docs.arrow", texts, rows_a_batch=7, n=list(range(20)))
