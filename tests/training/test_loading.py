from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.errors import BadFile, Invalid, NotFound, StudioError
from studio.training.loading import load_classifier
from studio.training.transformer import TransformerClassifier, length_limit


def save_classifier(backbone: Path, folder: Path, **settings: Any) -> Path:
    """Write a sequence classifier as anybody would, with transformers alone."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(backbone, **settings)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(backbone).save_pretrained(folder)
    return folder


THREE = {"num_labels": 3, "id2label": {0: "a", 1: "b", 2: "c"}, "label2id": dict(a=0, b=1, c=2)}


@pytest.fixture
def plain(backbone: Path, tmp_path: Path) -> Path:
    return save_classifier(backbone, tmp_path / "plain", **THREE)


def test_a_plain_folder_says_what_its_pipeline_says(plain: Path) -> None:
    from transformers import pipeline

    texts = ["a great film", "awful", "we saw it the day it was a great lovely nice film"]
    ours = load_classifier(plain)
    assert ours.labels == ("a", "b", "c")
    theirs = pipeline("text-classification", model=str(plain), top_k=None, device="cpu")(texts)
    for row, scores in zip(ours.predict_proba(texts), theirs, strict=True):
        expected = {score["label"]: score["score"] for score in scores}
        np.testing.assert_allclose(row, [expected[label] for label in "abc"], atol=1e-6)


def test_a_decoder_gives_the_same_alone_and_in_a_batch(decoder: Path, tmp_path: Path) -> None:
    ours = load_classifier(save_classifier(decoder, tmp_path / "plain", **THREE))
    texts = ["a great film", "awful", "", "we saw it the day it was a great lovely nice film"]
    together = ours.predict_proba(texts)
    alone = np.concatenate([ours.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_long_text_is_read_up_to_the_limit(plain: Path) -> None:
    ours = load_classifier(plain)
    assert isinstance(ours, TransformerClassifier)
    text = "the " * 100
    n_tokens, n_read, end = ours.limit(text)
    assert (n_tokens, n_read) == (100, 62)
    assert text[:end] == ("the " * 62).strip()
    np.testing.assert_allclose(
        ours.predict_proba([text]), ours.predict_proba([text[:end]]), atol=1e-6
    )
    assert ours.limit("the film") == (2, 2, 8)


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_classifier(tmp_path / "nothing")


def test_a_backbone_is_no_classifier(backbone: Path) -> None:
    with pytest.raises(Invalid, match="BertModel, not a text classifier"):
        load_classifier(backbone)


def test_a_single_output_is_no_probability(backbone: Path, tmp_path: Path) -> None:
    folder = save_classifier(backbone, tmp_path / "one", num_labels=1)
    with pytest.raises(Invalid, match="one output"):
        load_classifier(folder)


def test_pickled_weights_are_refused(plain: Path) -> None:
    shutil.move(plain / "model.safetensors", plain / "pytorch_model.bin")
    with pytest.raises(Invalid, match="run code"):
        load_classifier(plain)


@pytest.mark.parametrize("text", ["", "[]", '{"method": "fine-tune"}', "\ud800"])
def test_a_broken_manifest_is_refused(plain: Path, text: str) -> None:
    (plain / "weft.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(BadFile, match=r"weft\.json"):
        load_classifier(plain)


def test_broken_weights_are_refused_with_a_sentence(plain: Path) -> None:
    (plain / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0garbage!")
    with pytest.raises(StudioError, match="cannot be loaded"):
        load_classifier(plain)


class Fake:
    """Attributes by name."""

    def __init__(self, **named: Any) -> None:
        self.__dict__.update(named)


@pytest.mark.parametrize(
    ("kind", "positions", "tokenizer_limit", "expected"),
    [
        ("bert", 512, int(1e30), 512),
        ("roberta", 514, int(1e30), 512),
        ("roberta", 514, 256, 256),
        ("bert", 64, 512, 64),
        ("t5", None, int(1e30), 600),
    ],
)
def test_the_limit_is_the_smallest_of_all(
    kind: str, positions: int | None, tokenizer_limit: int, expected: int
) -> None:
    config = Fake(model_type=kind, max_position_embeddings=positions, pad_token_id=1)
    assert length_limit(config, Fake(model_max_length=tokenizer_limit), 600) == expected
