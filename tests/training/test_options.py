from __future__ import annotations

import pytest

from studio.training.methods.fine_tune import epochs_for


@pytest.mark.parametrize(
    ("n_docs", "batch_size", "epochs"),
    [(1, 32, 10), (413, 32, 10), (1391, 32, 3), (960, 32, 5), (100_000, 32, 3)],
)
def test_small_sets_are_seen_more_often(n_docs: int, batch_size: int, epochs: int) -> None:
    assert epochs_for(n_docs, batch_size) == epochs
