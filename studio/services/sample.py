"""The sample project: 600 customer messages, written for Weft, with labeling functions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from studio.core.documents import ColumnMapping
from studio.core.functions import LabelingFunction
from studio.core.schema import LabelSchema

NAME: Final = "Sample: customer messages"
DESCRIPTION: Final = (
    "Short messages to a shop (synthetic, written for Weft) and what their writers want: "
    "a refund, their delivery, help with their account, or to say thanks."
)

_FOLDER: Final = Path(__file__).parent / "sample_data"


def sample_schema() -> LabelSchema:
    """Return the four labels: what the writer of a message wants."""
    return LabelSchema(("refund", "delivery", "account", "praise"))


def sample_documents_path() -> Path:
    """Return the CSV file of the messages: ``id, text, channel, intent, split``."""
    return _FOLDER / "messages.csv"


def sample_mapping() -> ColumnMapping:
    """Return which column of the file is what; ``channel`` is metadata."""
    return ColumnMapping(text="text", label="intent", split="split", external_id="id")


def sample_functions() -> list[LabelingFunction]:
    """Return the eight labeling functions, which overlap and contradict each other."""
    found = yaml.safe_load((_FOLDER / "functions.yaml").read_text(encoding="utf-8"))
    return [LabelingFunction(one["name"], one["kind"], one["options"]) for one in found]
