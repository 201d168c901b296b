"""The real files: every row that the standard library sees comes in, with its label."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from studio.core.documents import ColumnMapping
from studio.core.schema import LabelSchema
from studio.importers.base import Incoming, detect, incoming, preview

SPAM = LabelSchema(("HAM", "SPAM"))
VOTES = tuple(
    "keyword_my keyword_subscribe keyword_link keyword_please keyword_song regex_check_out "
    "short_comment has_person_nlp textblob_polarity textblob_subjectivity".split()
)

pytestmark = pytest.mark.real_data


def bring_in(path: Path, schema: LabelSchema) -> tuple[ColumnMapping, list[Incoming]]:
    found = detect(path, path.name)
    mapping = preview(path, found.format, found.options).mapping
    assert mapping is not None
    return mapping, list(incoming(path, found.format, found.options, mapping, schema=schema))


def same_as_standard(path: Path, mapping: ColumnMapping, parts: list[Incoming]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    texts = [text for part in parts for text in part.batch["text"].to_pylist()]
    assert texts == [row[mapping.text] for row in rows]


@pytest.mark.parametrize("name", ["01-Psy", "02-KatyPerry", "03-LMFAO", "04-Eminem", "05-Shakira"])
def test_comments_come_in_row_by_row(real_data: Path, name: str) -> None:
    path = real_data / "youtube_spam" / f"Youtube{name}.csv"
    mapping, parts = bring_in(path, SPAM)
    assert mapping == ColumnMapping(text="CONTENT", label="CLASS", external_id="COMMENT_ID")
    same_as_standard(path, mapping, parts)
    assert all((part.labels >= 0).all() for part in parts)
    assert parts[0].batch.schema.names == ["external_id", "text", "AUTHOR", "DATE"]


@pytest.mark.parametrize(("name", "n_rows"), [("train", 10_003), ("test", 3_080)])
def test_bank_questions_come_in_with_77_labels(real_data: Path, name: str, n_rows: int) -> None:
    path = real_data / "banking77" / f"{name}.csv"
    labels = LabelSchema(tuple(json.loads((path.parent / "categories.json").read_text())))
    mapping, parts = bring_in(path, labels)
    same_as_standard(path, mapping, parts)
    gold = np.concatenate([part.labels for part in parts])
    assert len(gold) == n_rows
    assert len(np.unique(gold)) == 77


def test_chinese_reviews_come_in(real_data: Path) -> None:
    path = real_data / "waimai_10k" / "waimai_10k.csv"
    mapping, parts = bring_in(path, LabelSchema(("negative", "positive")))
    assert mapping.text == "review"
    same_as_standard(path, mapping, parts)
    gold = np.concatenate([part.labels for part in parts])
    assert len(gold) == 11_987
    assert int((gold == 1).sum()) == 4_000


@pytest.mark.slow
def test_chinese_reviews_come_in_from_their_national_encoding(
    real_data: Path, tmp_path: Path
) -> None:
    source = real_data / "waimai_10k" / "waimai_10k.csv"
    path = tmp_path / "gbk.csv"
    path.write_bytes(source.read_text(encoding="utf-8-sig").encode("gb18030"))
    assert detect(path, path.name).options["encoding"] == "gb18030"
    mapping, parts = bring_in(path, LabelSchema(("negative", "positive")))
    same_as_standard(source, mapping, parts)


@pytest.mark.parametrize(("name", "n_rows"), [("train", 1586), ("valid", 120), ("test", 250)])
def test_benchmark_files_bring_gold_and_ten_votes(real_data: Path, name: str, n_rows: int) -> None:
    path = real_data / "youtube_spam" / f"{name}.json"
    assert detect(path, path.name).format == "wrench"
    mapping = ColumnMapping(text="text", label="label")
    parts = list(incoming(path, "wrench", {"vote_names": VOTES}, mapping, schema=SPAM))
    truth = list(json.loads(path.read_text(encoding="utf-8")).values())
    assert sum(part.batch.num_rows for part in parts) == n_rows
    for position, vote in enumerate(VOTES):
        column = np.concatenate([part.votes[vote] for part in parts])
        assert column.tolist() == [one["weak_labels"][position] for one in truth]
    gold = np.concatenate([part.labels for part in parts])
    assert gold.tolist() == [one["label"] for one in truth]
