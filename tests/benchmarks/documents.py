"""Short texts and ordinary labeling functions, the same at each run."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa

LABELS = ("refund", "complaint", "question")

FUNCTIONS = """
import re
from snorkel.labeling import labeling_function

ABSTAIN = -1
REFUND, COMPLAINT, QUESTION = 0, 1, 2
ANGRY = ("terrible", "awful", "angry", "broken", "wrong")
BACK = re.compile(r"\\b(refund|return|exchange)s?\\b", re.I)
BY_CHANNEL = {"email": REFUND, "chat": QUESTION, "phone": COMPLAINT}


@labeling_function()
def says_refund(x):
    return REFUND if "refund" in x.text.lower() else ABSTAIN


@labeling_function()
def sounds_angry(x):
    text = x.text.lower()
    return COMPLAINT if any(word in text for word in ANGRY) else ABSTAIN


@labeling_function()
def wants_it_back(x):
    return REFUND if BACK.search(x.text) else ABSTAIN


@labeling_function()
def thanks_us(x):
    text = x.text.lower()
    return QUESTION if "thanks" in text or "please" in text else ABSTAIN


@labeling_function()
def cannot_log_in(x):
    return COMPLAINT if re.search(r"pass(word|code)|log ?in", x.text, flags=re.I) else ABSTAIN


@labeling_function()
def is_short(x):
    return QUESTION if len(x.text) < 40 else ABSTAIN


@labeling_function()
def has_many_words(x):
    return COMPLAINT if len(x.text.split()) > 15 else ABSTAIN


@labeling_function()
def by_channel(x):
    return BY_CHANNEL.get(x.channel, ABSTAIN)


@labeling_function()
def ends_with_question_mark(x):
    return QUESTION if x.text.endswith("?") else ABSTAIN


@labeling_function(resources=dict(least=0.8))
def charged_much(x, least):
    return REFUND if x.amount > least and "charge" in x.text.lower() else ABSTAIN
"""

EDITED = FUNCTIONS.replace("len(x.text) < 40", "len(x.text) < 41")
"""The same functions after somebody has edited one, ``is_short``."""

_WORDS = (
    "order refund package arrived late broken thanks great service terrible price money account "
    "login password reset update crash phone call support agent waiting days hours please help "
    "question where when how invoice billing charge card cancel subscription delivery address "
    "wrong item color size return exchange love happy angry awful café naïve Ürgent"
).split()
_WORDS += [f"word{number}" for number in range(400)]


def make_documents(n: int, seed: int = 7) -> dict[str, list[Any]]:
    """Return ``n`` documents of 3 to 22 words, by column."""
    draw = random.Random(seed)
    return {
        "external_id": [f"doc-{number}" for number in range(n)],
        "text": [_text(draw) for _ in range(n)],
        "channel": draw.choices(("email", "chat", "phone", "web", "shop"), k=n),
        "amount": [draw.random() for _ in range(n)],
    }


def make_batch(columns: dict[str, list[Any]]) -> pa.RecordBatch:
    """Return documents as a record batch that a studio stores."""
    return pa.RecordBatch.from_pydict(columns)


def write_file(columns: dict[str, list[Any]], path: Path) -> None:
    """Write documents into one Arrow file."""
    table = pa.Table.from_batches([make_batch(columns)])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=8192)


def _text(draw: random.Random) -> str:
    text = " ".join(draw.choices(_WORDS, k=draw.randint(3, 22)))
    if draw.random() < 0.5:
        text = text.capitalize()
    return text + draw.choice((".", "?", "!", "", ""))
