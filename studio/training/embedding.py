"""Texts as vectors of length 1, by a backbone: runs in a process of its own.

``python -m studio.training.embedding FOLDER`` loads the backbone in ``FOLDER``, writes one JSON
line, and answers each line of texts with a line of vectors. It ends when its input ends, hence
also when its parent is killed.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import StudioError
from studio.training.backbones import check_folder

MAX_TOKENS = 256
"""Of a text, where the backbone does not say how many; the rest of it is not read."""

BATCH = 64
_SETTINGS = "sentence_bert_config.json"


class Embedder:
    """A backbone whose token vectors are averaged and scaled to length 1.

    That is what sentence-transformers does with all-MiniLM-L6-v2 (Reimers and Gurevych, 2019,
    mean pooling); the vectors are the same.

    Parameters
    ----------
    folder
        A backbone; see :func:`studio.training.backbones.find_backbone`.

    Raises
    ------
    Invalid
        If the folder holds no model.
    """

    def __init__(self, folder: Path) -> None:
        check_folder(folder)
        import torch
        from transformers import AutoModel, AutoTokenizer

        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        self._model = model.to(self._device, dtype=torch.float32).eval()
        self._max_tokens = _max_tokens(folder)
        self.dimension = int(self._model.config.hidden_size)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 ``[n_texts, d]`` in the order of ``texts``."""
        import torch

        # Texts of like length together: a batch costs what its longest text costs.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            tokens = self._tokenizer(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=self._max_tokens,
                return_tensors="pt",
            ).to(self._device)
            with torch.inference_mode():
                states = self._model(**tokens).last_hidden_state  # [n, t, d]
                mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
                mean = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
                found = torch.nn.functional.normalize(mean, dim=1)
            vectors[rows] = found.cpu().numpy()
        return vectors


def main(folder: str) -> int:
    """Load the backbone and answer until the input ends."""
    answers = _claim_stdout()
    try:
        embedder = Embedder(Path(folder))
    except StudioError as error:
        _answer(answers, {"error": str(error)})
        return 1
    except (OSError, ValueError, ImportError) as error:
        _answer(answers, {"error": f"The backbone cannot be loaded ({type(error).__name__})."})
        return 1
    _answer(answers, {"dimension": embedder.dimension})
    for line in sys.stdin:
        _answer(answers, _serve(embedder, json.loads(line)))
    return 0


def _serve(embedder: Embedder, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        vectors = embedder.embed(request["texts"]).astype("<f4")
    except (RuntimeError, ValueError, IndexError) as error:
        return {"error": f"The backbone failed on these texts: {type(error).__name__}: {error}"}
    return {"vectors": base64.b64encode(vectors.tobytes()).decode("ascii")}


def _max_tokens(folder: Path) -> int:
    try:
        told = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        return int(told["max_seq_length"])
    except (OSError, ValueError, KeyError, TypeError):
        return MAX_TOKENS


def _claim_stdout() -> TextIO:
    """Keep standard output for answers alone: libraries that print go to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _answer(answers: TextIO, value: Mapping[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
