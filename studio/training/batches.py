"""Token ids in flat arrays, and batches of texts of like length."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1024
"""Texts given to the tokenizer at once; between two chunks a stop is heard."""

_MEGABATCH = 50
"""Batches that are sorted by length together: enough for little padding, and few enough that the
order stays random."""


@dataclass(frozen=True)
class Encoded:
    """Token ids of many texts, one after the other.

    Attributes
    ----------
    ids
        int32, all tokens.
    starts
        int64 ``[n + 1]``; text ``i`` is ``ids[starts[i]:starts[i + 1]]``.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        return self.ids[self.starts[row] : self.starts[row + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text, int64 ``[n]``."""
        return np.diff(self.starts)


class Tokens:
    """A tokenizer with one limit, safe to be asked by several threads.

    Parameters
    ----------
    tokenizer
        A fast tokenizer of ``transformers``; it gets a padding token if it lacks one.
    max_length
        Tokens that the model reads of a text, special ones included.
    """

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self._lock = threading.Lock()
        if tokenizer.pad_token is None:
            # Decoders are trained without padding; any known token will do behind the mask.
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        tokenizer.truncation_side = "right"
        tokenizer.model_max_length = max_length

    @property
    def pad_id(self) -> int:
        """Id of the padding token."""
        return int(self.tokenizer.pad_token_id)

    def encode(
        self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None
    ) -> Encoded:
        """Return the ids of all texts, cut at the limit; ``between`` is called now and then."""
        rows: list[NDArray[np.int32]] = []
        for start in range(0, len(texts), _CHUNK):
            between()
            rows += self._encode_chunk(texts[start : start + _CHUNK])
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=starts[1:])
        ids = np.concatenate(rows) if rows else np.zeros(0, np.int32)
        return Encoded(ids, starts)

    def _encode_chunk(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        # The limit is state of the tokenizer, so two threads must not use it at once.
        with self._lock:
            found = self.tokenizer(
                [clean(text) for text in texts],
                truncation=True,
                max_length=self.max_length,
                padding=False,
                return_attention_mask=False,
                return_token_type_ids=False,
            )["input_ids"]
        # Decoders add no special token, and no model can read nothing at all.
        return [np.asarray(row or [self.pad_id], np.int32) for row in found]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return where each token of the whole text lies, without special tokens."""
        with self._lock:
            found = self.tokenizer(
                clean(text),
                truncation=False,
                add_special_tokens=False,
                return_offsets_mapping=True,
                verbose=False,
            )
        return [(int(start), int(end)) for start, end in found["offset_mapping"]]

    @property
    def n_special(self) -> int:
        """Special tokens that are added to every text."""
        return int(self.tokenizer.num_special_tokens_to_add())

    def pad(self, rows: Sequence[NDArray[np.int32]]) -> dict[str, Any]:
        """Return ``input_ids`` and ``attention_mask`` of one batch, as long as its longest row."""
        import torch

        longest = max(len(row) for row in rows)
        ids = np.full((len(rows), longest), self.pad_id, np.int64)
        mask = np.zeros_like(ids)
        left = self.tokenizer.padding_side == "left"
        for index, row in enumerate(rows):
            place = slice(longest - len(row), longest) if left else slice(0, len(row))
            ids[index, place] = row
            mask[index, place] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}


class LikeLengths:
    """The order in which one run sees its texts: random, yet batches hold like lengths.

    Iterating gives row numbers. The order depends on seed and epoch alone, so that a resumed run
    goes on where it was.

    Parameters
    ----------
    lengths
        int64 ``[n]``, tokens of each text.
    batch_size
        Texts of a batch.
    seed
        Of the order.
    """

    def __init__(self, lengths: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self._seed, self._epoch])
        order = random.permutation(len(self._lengths))
        mega = self._batch_size * _MEGABATCH
        batches: list[NDArray[np.int64]] = []
        for start in range(0, len(order), mega):
            part = order[start : start + mega]
            part = part[np.argsort(self._lengths[part], kind="stable")]
            batches += np.split(part, range(self._batch_size, len(part), self._batch_size))
        # Only the last batch may be short: the loader cuts the stream into equal pieces.
        whole = [batch for batch in batches if len(batch) == self._batch_size]
        rest = [batch for batch in batches if len(batch) < self._batch_size]
        shuffled = [whole[index] for index in random.permutation(len(whole))]
        return iter(np.concatenate([*shuffled, *rest]).tolist())


def clean(text: str) -> str:
    """Return the text with lone surrogates replaced, character for character.

    They have no UTF-8, and no tokenizer takes them.
    """
    return text.encode("utf-8", "replace").decode("utf-8")
