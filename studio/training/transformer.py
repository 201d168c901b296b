"""A sequence classifier of ``transformers`` as a classifier of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import BadFile, Invalid, Unavailable
from studio.training.backbones import check_folder
from studio.training.batches import Tokens

_BATCH_TOKENS = 8192
"""Tokens of one batch, padding included: bounds memory, and keeps both cores busy."""

_NO_LIMIT = 1_000_000
"""Tokenizers without a limit of their own say a number far above this."""


class TransformerClassifier:
    """Predicts in batches of like length; equal texts are predicted once.

    Parameters
    ----------
    model
        In memory, on the device where it shall run.
    tokens
        The tokenizer with the limit that the model was trained with.
    labels
        Label names, in the order of the model's outputs.
    """

    def __init__(self, model: Any, tokens: Tokens, labels: tuple[str, ...]) -> None:
        self.model = model.eval()
        self._tokens = tokens
        self._labels = labels

    @property
    def labels(self) -> tuple[str, ...]:
        """Label names, in the order of the columns of :meth:`predict_proba`."""
        return self._labels

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 ``[n_texts, k]`` in the order of ``texts``; rows sum to 1."""
        unique: dict[str, int] = {}
        places = np.asarray([unique.setdefault(text, len(unique)) for text in texts], np.int64)
        encoded = self._tokens.encode(list(unique))
        probs = np.zeros((len(unique), len(self._labels)), np.float32)
        for batch in _like_lengths(encoded.lengths):
            probs[batch] = self._forward([encoded[row] for row in batch.tolist()])
        return probs[places]

    def limit(self, text: str) -> tuple[int, int, int]:
        """Return how much of a text is read.

        Returns
        -------
        tuple of int
            Tokens of the text, tokens that are read, and the character after the last one read.
        """
        offsets = self._tokens.offsets(text)
        room = max(1, self._tokens.max_length - self._tokens.n_special)
        if len(offsets) <= room:
            return len(offsets), len(offsets), len(text)
        return len(offsets), room, offsets[room - 1][1]

    def _forward(self, rows: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            inputs = {
                name: value.to(self.model.device) for name, value in self._tokens.pad(rows).items()
            }
            logits = self.model(**inputs).logits.double()
            probs: NDArray[np.float32] = logits.softmax(dim=-1).float().cpu().numpy()
        return probs


def _like_lengths(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return row numbers in batches of at most ``_BATCH_TOKENS`` padded tokens, longest first."""
    batches: list[NDArray[np.int64]] = []
    order = np.argsort(-lengths, kind="stable")
    while len(order):
        size = max(1, _BATCH_TOKENS // int(lengths[order[0]]))
        batches.append(order[:size])
        order = order[size:]
    return batches


def length_limit(config: Any, tokenizer: Any, wanted: int) -> int:
    """Return the smaller of ``wanted`` and what model and tokenizer can read."""
    limits = [wanted]
    if 0 < tokenizer.model_max_length < _NO_LIMIT:
        limits.append(int(tokenizer.model_max_length))
    positions = getattr(config, "max_position_embeddings", None) or getattr(
        config, "n_positions", None
    )
    if positions and positions > 0:
        # RoBERTa and its kin number positions from the padding id upwards.
        lost = (config.pad_token_id or 0) + 1 if "roberta" in config.model_type else 0
        limits.append(int(positions) - lost)
    return min(limits)


def load_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a folder; only one that knows offsets will do.

    Raises
    ------
    Unavailable
        If there is none, or it would need code from the folder.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise Unavailable(
            f"The tokenizer of {folder.name!r} cannot be loaded ({_first_line(error)}). Use a "
            "model folder with a tokenizer.json."
        ) from error
    if not tokenizer.is_fast:
        raise Unavailable(
            f"{folder.name!r} has only a slow tokenizer, which knows no positions in the text. "
            "Use a model folder with a tokenizer.json."
        )
    return tokenizer


def load_model(folder: Path, **settings: Any) -> Any:
    """Return the sequence classifier of a folder, in float32, from safetensors, without its code.

    Raises
    ------
    Unavailable
        If this version of transformers cannot load it as a sequence classifier.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            **settings,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        raise Unavailable(
            f"{folder.name!r} cannot be loaded as a text classifier ({_first_line(error)}). Use a "
            "model of a kind that transformers knows, with weights as safetensors."
        ) from error


def load_transformer(folder: Path, max_length: int | None = None) -> TransformerClassifier:
    """Return the classifier of any sequence-classification folder.

    Parameters
    ----------
    folder
        With ``config.json``, safetensors and a tokenizer.
    max_length
        Tokens to read; None leaves it to model and tokenizer (at most 512).

    Raises
    ------
    Invalid
        If the folder holds something else, or a model with a single output.
    Unavailable
        If its parts cannot be loaded.
    """
    check_folder(folder)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadFile(f"config.json of {folder.name!r} is not JSON ({error}).") from error
    kinds = config.get("architectures") or ["none"]
    if not any(kind.endswith("ForSequenceClassification") for kind in kinds):
        raise Invalid(
            f"{folder.name!r} holds a model of the kind {kinds[0]}, not a text classifier. "
            "Fine-tune it first."
        )
    model = load_model(folder)
    if model.config.num_labels < 2:
        raise Invalid(
            f"{folder.name!r} has one output: it gives a number, not label probabilities."
        )
    labels = tuple(str(model.config.id2label[i]) for i in range(model.config.num_labels))
    tokenizer = load_tokenizer(folder)
    tokens = Tokens(tokenizer, max_length or length_limit(model.config, tokenizer, 512))
    model.config.pad_token_id = tokens.pad_id
    return TransformerClassifier(model.to(best_device()), tokens, labels)


def best_device() -> str:
    """Return the device to compute on: the GPU where there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
