"""Small data and a tiny random transformer, made here in a moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.runs import TrainingSet
from studio.training.data import write_training_set

GOOD = ("lovely", "great", "nice")
BAD = ("awful", "poor", "sad")
OTHER = ("the", "film", "was", "a", "day", "we", "saw", "it")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def make_backbone(folder: Path, kind: str = "bert") -> Path:
    """Write a random model with two small layers, without a head, and a tokenizer of words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = {word: i for i, word in enumerate((*SPECIAL, *GOOD, *BAD, *OTHER))}
    inner = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    if kind == "bert":
        inner.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    named = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    if kind == "gpt2":
        named = {"eos_token": "[SEP]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", **named)
    torch.manual_seed(7)
    tokenizer.save_pretrained(folder)
    _model(kind, len(words)).save_pretrained(folder)
    return folder


def _model(kind: str, n_words: int) -> Any:
    from transformers import BertConfig, BertModel, GPT2Config, GPT2Model

    if kind == "gpt2":
        return GPT2Model(
            GPT2Config(
                vocab_size=n_words,
                n_embd=32,
                n_layer=2,
                n_head=2,
                n_positions=64,
                eos_token_id=3,
                bos_token_id=3,
            )
        )
    return BertModel(
        BertConfig(
            vocab_size=n_words,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
    )


def make_set(n: int = 48, *, n_dev: int = 12, soft: float = 0.9, seed: int = 0) -> TrainingSet:
    """Return documents whose label is told by one word; ``soft`` is its target probability."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(n + n_dev):
        label = int(random.integers(2))
        words = random.choice(OTHER, random.integers(1, 9)).tolist()
        words.insert(int(random.integers(len(words) + 1)), random.choice((BAD, GOOD)[label]))
        texts.append(" ".join(words))
        labels.append(label)
    truth = np.asarray(labels, np.int16)
    targets = np.full((n, 2), 1 - soft, np.float32)
    targets[np.arange(n), truth[:n]] = soft
    return TrainingSet(
        texts=tuple(texts[:n]),
        targets=targets,
        weights=np.ones(n, np.float32),
        origins=np.ones(n, np.int8),
        doc_ids=np.arange(n, dtype=np.int64),
        labels=("bad", "good"),
        dev_texts=tuple(texts[n:]),
        dev_labels=truth[n:],
    )


def make_run(folder: Path, frozen: TrainingSet, options: Mapping[str, Any], **spec: Any) -> Path:
    """Write a run as the training process expects it; return its folder."""
    folder.mkdir(parents=True)
    data = folder / "data"
    write_training_set(frozen, data)
    full = {
        "method": "fine-tune",
        "options": dict(options),
        "seed": 0,
        "training_set": str(data),
        "out": str(folder / "model"),
        **spec,
    }
    (folder / "spec.json").write_text(json.dumps(full), encoding="utf-8")
    return folder
