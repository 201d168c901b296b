from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from studio.training.batches import LikeLengths, Tokens
from studio.training.transformer import load_tokenizer


def order(n: int = 1003, *, seed: int = 0, epoch: int = 0, batch_size: int = 16) -> list[int]:
    lengths = np.random.default_rng(1).integers(1, 100, n)
    sampler = LikeLengths(lengths, batch_size, seed)
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_document_comes_once_an_epoch() -> None:
    assert sorted(order()) == list(range(1003))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    assert order(seed=1, epoch=2) == order(seed=1, epoch=2)
    assert order(seed=1, epoch=2) != order(seed=1, epoch=3)
    assert order(seed=1) != order(seed=2)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 800, 801])
def test_any_number_of_documents_is_ordered(n: int) -> None:
    assert sorted(order(n)) == list(range(n))


def test_batches_of_like_lengths_need_little_padding() -> None:
    lengths = np.random.default_rng(1).integers(1, 100, 1003)

    def padded(rows: list[int]) -> int:
        parts = [lengths[rows[i : i + 16]] for i in range(0, len(rows), 16)]
        return sum(int(part.max()) * len(part) for part in parts)

    assert padded(order()) < 1.1 * lengths.sum()
    assert padded(list(range(1003))) > 1.7 * lengths.sum()


def test_padding_is_masked_on_the_side_of_the_tokenizer(backbone: Path) -> None:
    tokens = Tokens(load_tokenizer(backbone), 16)
    rows = [np.asarray([2, 5, 3], np.int32), np.asarray([2, 3], np.int32)]
    right = tokens.pad(rows)
    assert right["input_ids"].tolist() == [[2, 5, 3], [2, 3, 0]]
    assert right["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    tokens.tokenizer.padding_side = "left"
    assert tokens.pad(rows)["attention_mask"].tolist() == [[1, 1, 1], [0, 1, 1]]


def test_texts_are_cut_at_the_limit_and_none_is_empty(decoder: Path) -> None:
    tokens = Tokens(load_tokenizer(decoder), 4)
    assert tokens.encode(["the " * 9, "", "a day"]).lengths.tolist() == [4, 1, 2]
    assert len(tokens.encode([])) == 0


def test_two_threads_may_ask_one_tokenizer(backbone: Path) -> None:
    tokens = Tokens(load_tokenizer(backbone), 8)
    texts = ["the film was a day"] * 200
    found: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(tokens.encode(texts).lengths.tolist()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
        tokens.offsets("the film")
    for thread in threads:
        thread.join()
    assert found == [[7] * 200] * 8
