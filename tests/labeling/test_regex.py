from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from studio.core.errors import Invalid
from studio.core.functions import LabelingFunction, Votes
from studio.core.schema import LabelSchema
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking
from studio.labeling.kinds.regex import Regex, RegexOptions
from tests.labeling.shards import write_shard


def run(tmp_path: Path, texts: list[str | None], **options: Any) -> Votes:
    shard = write_shard(tmp_path / "r.arrow", texts)
    function = LabelingFunction("r", "regex", {"label": "spam", **options})
    return apply_function(function, shard, Asking(LabelSchema(("ham", "spam"))))


def test_a_pattern_is_searched_anywhere_without_case(tmp_path: Path) -> None:
    texts: list[str | None] = ["please CHECK  it out", "checkout", None, "out check"]
    assert run(tmp_path, texts, pattern="check.*out").votes.tolist() == [1, 1, -1, -1]
    found = run(tmp_path, texts, pattern="check.*out", case_sensitive=True)
    assert found.votes.tolist() == [-1, 1, -1, -1]
    assert found.tier == "declarative"


def test_a_catastrophic_pattern_takes_linear_time(tmp_path: Path) -> None:
    started = time.monotonic()
    votes = run(tmp_path, ["a" * 50_000 + "b"], pattern="^(a+)+$")
    assert votes.votes.tolist() == [-1]
    assert time.monotonic() - started < 30  # Python's re would need longer than the universe


@pytest.mark.parametrize("pattern", ["(?<=my )song", r"(\w)\1", "song(?!s)"])
def test_what_re2_lacks_runs_in_the_sandbox(tmp_path: Path, pattern: str) -> None:
    votes = run(tmp_path, ["MY song", "abc xyz", "aa song"], pattern=pattern)
    assert votes.votes[0] == (1 if "song" in pattern else -1)
    assert votes.votes[1] == -1
    assert votes.tier in ("full", "kernel")


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[z-a]", "*", "a" * 20_000, "(?P<x"])
def test_a_broken_pattern_is_refused_with_what_is_wrong(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(Invalid, match="'pattern' is"):
        run(tmp_path, ["a"], pattern=pattern)


def test_spans_leave_out_empty_matches() -> None:
    regex = Regex()
    assert regex.matches("aXbXc", RegexOptions(label=0, pattern="x")) == [(1, 2), (3, 4)]
    assert regex.matches("abc", RegexOptions(label=0, pattern="x*")) == []
    assert regex.matches("你好X", RegexOptions(label=0, pattern="x")) == [(2, 3)]


@pytest.mark.parametrize(("pattern", "marked"), [("so+ng", True), ("song(?!s)", False)])
def test_what_runs_in_the_sandbox_is_not_marked_and_says_so(pattern: str, marked: bool) -> None:
    options = RegexOptions(label=0, pattern=pattern)
    assert bool(Regex().matches("my song", options)) is marked
    assert (Regex().unmarked(options) == "") is marked


def test_chinese_is_found_and_marked(tmp_path: Path) -> None:
    votes = run(tmp_path, ["送餐太慢了", "很好吃"], pattern="太?慢|迟到")
    assert votes.votes.tolist() == [1, -1]
    assert Regex().matches("送餐太慢了", RegexOptions(label=0, pattern="太?慢|迟到")) == [(2, 4)]
