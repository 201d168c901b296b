from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import ROOT, idle, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BURST = """count => {
  for (let press = 0; press < count; press++) {
    setTimeout(() => document.body.dispatchEvent(new KeyboardEvent("keydown", {
      key: String(1 + press % 3), code: `Digit${1 + press % 3}`, bubbles: true, composed: true,
    })), press * 200 / count);
  }
}"""
"""Presses spread over 200 ms, timed by the page itself, since driving it costs longer."""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture(params=["0", "0.3"], ids=["fast server", "slow server"])
def desk(request: pytest.FixtureRequest, journal: Path, tmp_path: Path) -> Iterator[str]:
    environment = {"REVIEW_JOURNAL": str(journal), "REVIEW_DELAY": request.param}
    script = ROOT / "tests" / "browser" / "review_app.py"
    with running(script, environment, tmp_path / "server.log") as address:
        yield address


def stored(journal: Path) -> list[dict[str, object]]:
    """Return the answers that count, the oldest first; one key counts once."""
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    rows = [json.loads(line) for line in lines]
    undone = {row["undone"] for row in rows if "undone" in row}
    kept: dict[str, dict[str, object]] = {}
    for row in rows:
        if "key" in row and row["key"] not in undone:
            kept.setdefault(row["key"], row)
    return list(kept.values())


def wait_for(journal: Path, count: int) -> list[dict[str, object]]:
    deadline = time.monotonic() + 20
    while len(stored(journal)) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return stored(journal)


def labels_of(journal: Path) -> list[tuple[object, object]]:
    return [(row["doc"], row["label"]) for row in stored(journal)]


def open_cards(page: Page, address: str, path: str = "") -> None:
    page.goto(f"{address}/{path}")
    idle(page)
    page.locator(".review .label").first.wait_for()


def test_thirty_presses_in_a_fifth_of_a_second_are_thirty_answers(
    page: Page, desk: str, journal: Path
) -> None:
    open_cards(page, desk)
    page.evaluate(BURST, 30)
    found = wait_for(journal, 30)
    assert [row["doc"] for row in found] == list(range(30))
    assert [row["label"] for row in found] == [press % 3 for press in range(30)]
    expect(page.get_by_text("All answers are stored.")).to_be_visible()


def test_presses_before_and_after_a_change_of_page_are_all_answers(
    page: Page, desk: str, journal: Path
) -> None:
    open_cards(page, desk)
    page.evaluate(BURST, 30)
    page.wait_for_timeout(220)
    page.get_by_role("link", name="other").click()
    expect(page.get_by_text("another page")).to_be_visible()
    assert len(wait_for(journal, 30)) == 30
    page.get_by_role("link", name="cards").click()
    page.locator(".review .label").first.wait_for()
    idle(page)
    page.evaluate(BURST, 15)
    found = wait_for(journal, 45)
    assert [row["doc"] for row in found] == list(range(45))


def test_undo_takes_back_the_newest_answer_also_after_a_reload(
    page: Page, desk: str, journal: Path
) -> None:
    open_cards(page, desk)
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("u")
    expect(page.locator(".review .text")).to_contain_text("document 1 ")
    page.keyboard.press("3")
    wanted = [(0, 0), (1, 2)]
    deadline = time.monotonic() + 20
    while labels_of(journal) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert labels_of(journal) == wanted
    page.reload()
    idle(page)
    page.locator(".review .label").first.wait_for()
    page.keyboard.press("u")
    expect(page.locator(".review .text")).to_contain_text("document 1 ")


def test_enter_accepts_s_skips_d_discards(page: Page, desk: str, journal: Path) -> None:
    open_cards(page, desk)
    page.keyboard.press("Enter")  # Document 0 has no suggestion, so nothing is given.
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    page.keyboard.press("d")
    found = wait_for(journal, 4)
    assert [(row["label"], row["status"]) for row in found] == [
        (0, "submitted"),
        (1, "submitted"),
        (None, "skipped"),
        (None, "discarded"),
    ]


def test_text_of_people_is_shown_letter_by_letter(page: Page, desk: str) -> None:
    open_cards(page, desk)
    expect(page.locator(".review .text")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".review .text img").count() == 0


def test_no_key_is_taken_while_somebody_types(page: Page, desk: str, journal: Path) -> None:
    open_cards(page, desk, "typing")
    page.get_by_label("comment").click()
    page.keyboard.type("123 su")
    page.keyboard.press("Tab")
    idle(page)
    assert stored(journal) == []


def test_a_label_among_many_is_found_by_its_beginning(
    page: Page, desk: str, journal: Path
) -> None:
    open_cards(page, desk, "many")
    page.keyboard.press("/")
    page.keyboard.type("intent 42")
    page.keyboard.press("Enter")
    assert [row["label"] for row in wait_for(journal, 1)] == [42]
    page.keyboard.press("9")
    assert [row["label"] for row in wait_for(journal, 2)] == [42, 8]
