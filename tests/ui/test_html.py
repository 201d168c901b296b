from __future__ import annotations

from studio.core.schema import LabelSchema
from studio.ui import html
from studio.ui.html import LARGEST_TEXT, Mark, marked

NASTY = '<script>alert("1")</script><img src=x onerror=alert(1)>&amp;'


def test_text_of_people_is_escaped_inside_and_outside_of_marks() -> None:
    shown = marked(NASTY, [Mark(0, 8, label=0, title='"><b>')], dark=False)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "&amp;amp;" in shown


def test_a_mark_covers_its_characters_also_beyond_the_first_plane() -> None:
    shown = marked("a😀bc", [Mark(1, 3, label=0)], dark=False)
    assert ">😀b</mark>c" in shown


def test_of_overlapping_marks_the_earlier_wins() -> None:
    shown = marked("abcdef", [Mark(2, 5, label=1), Mark(0, 3, label=0)], dark=False)
    assert shown.count("<mark") == 1
    assert ">abc</mark>def" in shown


def test_a_mark_beyond_the_text_or_without_extent_is_left_out() -> None:
    assert marked("abc", [Mark(7, 9, label=0), Mark(1, 1, label=0)], dark=False) == "abc"


def test_a_huge_text_is_cut_and_says_so() -> None:
    shown = marked("x" * (LARGEST_TEXT + 1000), [], dark=False)
    assert shown.startswith("x" * LARGEST_TEXT)
    assert "1,000 more" in shown
    assert len(shown) < LARGEST_TEXT + 100


def test_name_of_a_label_is_escaped_on_its_chip() -> None:
    chip = html.chip(LabelSchema(("<b>", "c")), 0, dark=False, detail="<i>")
    assert "&lt;b&gt;" in chip
    assert "&lt;i&gt;" in chip
