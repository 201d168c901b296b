"""What is found in texts that people really wrote."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from studio.importers.quality.languages import languages_of
from studio.importers.quality.near import near_groups

pytestmark = pytest.mark.real_data


def read(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


def test_chinese_reviews_are_chinese_and_those_that_differ_by_signs_are_near(
    real_data: Path,
) -> None:
    texts = read(real_data / "waimai_10k" / "waimai_10k.csv", "review")
    assert set(languages_of(texts)) == {"zh"}
    found = near_groups([texts], len(texts), texts=lambda ids: [texts[i] for i in ids.tolist()])
    assert found[texts.index("很快很好！")] == found[texts.index("很快很好。")]
    assert found[texts.index("很快很好！")] != found[texts.index("挺不错的！")]


def test_short_english_questions_are_english(real_data: Path) -> None:
    texts = read(real_data / "banking77" / "test.csv", "text")[::5]
    answers = languages_of(texts)
    assert answers.count("en") >= 0.98 * len(texts)
