from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import RunFailed
from studio.training import process
from studio.training.gate import check_reload
from tests.training.tiny import make_run, make_set


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A finished run of the quick method."""
    folder = make_run(tmp_path / "run", make_set(), {}, method="tfidf")
    process.run(folder, on_event=lambda event: None, should_stop=lambda: False)
    return folder


@pytest.mark.slow
def test_a_whole_model_passes(trained: Path) -> None:
    assert 0 <= check_reload(trained / "model", trained / "data") < 1e-4


@pytest.mark.slow
def test_a_model_with_other_weights_is_refused(trained: Path) -> None:
    from safetensors.numpy import load_file, save_file

    path = trained / "model" / "model.safetensors"
    arrays = load_file(path)
    save_file({**arrays, "bias": arrays["bias"] + np.asarray([0, 0.1], np.float32)}, path)
    with pytest.raises(RunFailed, match="other probabilities"):
        check_reload(trained / "model", trained / "data")


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_refused(trained: Path) -> None:
    (trained / "model" / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(RunFailed, match="cannot be loaded again"):
        check_reload(trained / "model", trained / "data")


@pytest.mark.slow
def test_a_model_without_a_witness_is_refused(trained: Path) -> None:
    (trained / "model" / "witness.npy").unlink()
    with pytest.raises(RunFailed, match="cannot be loaded again"):
        check_reload(trained / "model", trained / "data")
