from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from studio.ui.text import ago, duration, figure, percent, plain, short


def test_markdown_of_people_loses_its_meaning() -> None:
    assert plain("![x](http://a.b/c)") == r"\!\[x\]\(http\:\/\/a\.b\/c\)"
    assert plain("plain words, 12") == "plain words, 12"


def test_a_short_text_stays_and_a_long_one_is_cut_on_one_line() -> None:
    assert short("two\nlines") == "two lines"
    assert short("x" * 200, 10) == "x" * 9 + "…"


def test_a_missing_figure_is_a_dash() -> None:
    assert (percent(None), figure(None)) == ("–", "–")
    assert (percent(0.256), percent(0.256, 1), figure(0.5)) == ("26%", "25.6%", "0.500")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7260, "2 h 1 min")],
)
def test_a_duration_is_told_in_the_units_that_matter(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_how_long_ago() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert ago(None) == "–"
    assert ago(now - timedelta(seconds=20), now) == "just now"
    assert ago(now - timedelta(hours=5), now) == "5 h ago"
    assert ago(now - timedelta(days=3), now) == "3 d ago"
