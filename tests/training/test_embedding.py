from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import Invalid
from studio.training.backbones import BUNDLED, find_backbone
from studio.training.embedding import Embedder

TEXTS = ["Where is my refund?", "", "送外卖很慢", "word " * 400, "a", "Where is my parcel?"]


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    folder = find_backbone(BUNDLED).path
    assert folder is not None
    found = Embedder(folder).embed(TEXTS)
    expected = SentenceTransformer(str(folder)).encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no config\.json"):
        Embedder(tmp_path)
