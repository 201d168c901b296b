"""Make ``messages.csv`` of the sample project out of ``templates.yaml``; a seed decides all."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

HERE: Final = Path(__file__).parent
PER_LABEL: Final = 150
SEED: Final = 7

# Channel by intent: praise comes as store reviews more often, the rest by chat and e-mail.
_CHANNELS: Final = ("chat", "email", "review", "phone note")
_CHANNEL_SHARES: Final = {
    "refund": (0.42, 0.38, 0.08, 0.12),
    "delivery": (0.50, 0.25, 0.07, 0.18),
    "account": (0.50, 0.38, 0.04, 0.08),
    "praise": (0.22, 0.22, 0.48, 0.08),
}
_GOLD_PER_LABEL: Final = {"dev": 14, "test": 18, "train": 5}
_SLOT: Final = re.compile(r"\{(\w+)\}")


def messages(seed: int = SEED) -> str:
    """Return the CSV text: ``id, text, channel, intent, split``, 600 rows.

    ``intent`` is filled for about a quarter of the rows, equally many of each label; all of dev
    and test have it.
    """
    source = yaml.safe_load((HERE / "templates.yaml").read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, str, str]] = []
    seen: set[str] = set()
    for label in _CHANNEL_SHARES:
        texts = _texts(label, source, rng, seen)
        splits = [s for s, n in _GOLD_PER_LABEL.items() for _ in range(n)]
        order = rng.permutation(len(texts))
        for position, index in enumerate(order):
            has_gold = position < len(splits)
            channel = str(rng.choice(_CHANNELS, p=_CHANNEL_SHARES[label]))
            gold, split = (label, splits[position]) if has_gold else ("", "train")
            rows.append((texts[index], channel, gold, split))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["id", "text", "channel", "intent", "split"])
    for number, index in enumerate(rng.permutation(len(rows)), start=1):
        writer.writerow([f"M{number:04d}", *rows[index]])
    return stream.getvalue()


def _texts(
    label: str, source: Mapping[str, Any], rng: np.random.Generator, seen: set[str]
) -> list[str]:
    """Return different texts of one label: all whole messages, then filled patterns."""
    texts = list(source[label]["whole"])
    patterns = source[label]["patterns"]
    seen.update(text.casefold() for text in texts)
    turn = 0
    while len(texts) < PER_LABEL:
        pattern = patterns[turn % len(patterns)]
        turn += 1
        text = _fill(pattern, source["slots"], rng)
        if rng.random() < 0.25:
            text = f"{text} {rng.choice(source['closers'][label])}"
        text = _roughen(text, rng)
        if text.casefold() not in seen:
            seen.add(text.casefold())
            texts.append(text)
    return texts


def _fill(pattern: str, slots: Mapping[str, list[str]], rng: np.random.Generator) -> str:
    text = _SLOT.sub(lambda found: str(rng.choice(slots[found[1]])), pattern)
    text = re.sub(r"\ba (alarm|office)\b", r"an \1", text)
    return " ".join(text.split())


def _roughen(text: str, rng: np.random.Generator) -> str:
    """Return the text as people type it: some in lower case, some without the end, some wrong."""
    draw = rng.random()
    if draw < 0.14:
        text = text.lower().rstrip(".")
    elif draw < 0.20:
        text = text.rstrip(".!") + rng.choice(["!!", "...", "!"])
    if rng.random() < 0.12:
        text = _misspell(text, rng)
    return text


def _misspell(text: str, rng: np.random.Generator) -> str:
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return text
    at = int(rng.choice(long))
    place = int(rng.integers(1, len(words[at]) - 2))
    word = words[at]
    if rng.random() < 0.5:
        words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    else:
        words[at] = word[:place] + word[place + 1 :]
    return " ".join(words)


if __name__ == "__main__":
    (HERE / "messages.csv").write_text(messages(), encoding="utf-8", newline="")
