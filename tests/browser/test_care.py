"""What must hold for anybody: the sample project, hostile texts, two people at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import idle
from tests.browser.walking import (
    create_project,
    go,
    import_file,
    keyed,
    press,
    shown,
    wait_for_jobs,
)

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = (
    "Documents",
    "Labeling functions",
    "Weak labels",
    "Review",
    "Training",
    "Evaluation",
    "Inspect",
    "Deploy",
)
HOSTILE = "<script>window.pwned = 1</script> <img src=x onerror='window.pwned = 2'>"
REMOTE = "![x](http://example.com/x.png) \U0001f600 [link](http://example.com)"


def test_the_sample_project_goes_from_its_button_to_a_reason(studio: str, page: Page) -> None:
    page.goto(studio)
    idle(page)
    press(page, "home.sample")
    expect(page.get_by_role("heading", name="Labeling functions", level=1)).to_be_visible()
    wait_for_jobs(page)
    go(page, "Weak labels")
    shown(page, "serves Review and Training")

    go(page, "Review")
    page.locator(".review").first.wait_for(timeout=30_000)
    page.keyboard.press("Enter")
    shown(page, "1 reviewed")

    go(page, "Training")
    page.get_by_text("Words and letters (TF-IDF)").click()
    idle(page)
    press(page, "training.start")
    shown(page, "Test accuracy", timeout=180_000)

    go(page, "Evaluation")
    matrix = page.locator("[class*='st-key-evaluation-cells'] [data-testid='stDataFrame']").first
    matrix.wait_for(timeout=30_000)
    page.wait_for_timeout(1500)
    box = matrix.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + 32 + 16)
    shown(page, "Documents of the split test labeled refund and called")

    go(page, "Inspect")
    page.get_by_label("Text", exact=True).fill("Where is my parcel? I want my money back.")
    press(page, "inspect.explain")
    expect(page.locator(".weft-why")).to_contain_text("money", timeout=120_000)


def test_hostile_texts_are_shown_as_they_are_everywhere(
    studio: str, page: Page, tmp_path: Path
) -> None:
    name = f"Hostile {REMOTE}"
    create_project(page, studio, name[:90], ["<b>bad</b>", REMOTE])
    folder = tmp_path / "deep"
    folder.mkdir()
    path = folder / "..x<img src=x onerror=window.pwned=3>.csv"
    rows = [f'"{HOSTILE} {REMOTE} number {i}",{i % 2}' for i in range(30)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    import_file(page, path, text="text", label="label")
    for title in PAGES:
        go(page, title)
        page.wait_for_timeout(700)
        assert page.evaluate("window.pwned") is None
        assert page.locator("img[src*='example.com']").count() == 0
    go(page, "Home")
    assert page.evaluate("window.pwned") is None
    shown(page, "Hostile ![x](http://example.com/x.png)")
    # That no request left this machine is checked by the fixture of the page.


def test_two_people_on_one_project_both_keep_their_answers(
    studio: str, page: Page, browser: Browser, tmp_path: Path
) -> None:
    create_project(page, studio, "Two people", ["yes", "no"])
    path = tmp_path / "texts.csv"
    path.write_text("text\n" + "\n".join(f"text number {i}" for i in range(60)), encoding="utf-8")
    import_file(page, path)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    other = context.new_page()
    go(page, "Review")
    other.goto(page.url)
    for visitor in (page, other):
        visitor.locator(".review").first.wait_for(timeout=30_000)
        idle(visitor)
    for key in "121212":
        page.keyboard.press(key)
        other.keyboard.press(key)
    page.wait_for_timeout(3000)
    for visitor in (page, other):
        visitor.reload()
        visitor.locator(".review").first.wait_for(timeout=30_000)
        idle(visitor)
    # Both saw the same queue, so they answered the same documents; the later answer stands.
    expect(page.get_by_text("6 reviewed")).to_be_visible(timeout=15_000)
    expect(other.get_by_text("6 reviewed")).to_be_visible(timeout=15_000)
    context.close()


def test_a_wrong_file_is_refused_with_a_sentence_and_nothing_is_lost(
    studio: str, page: Page, tmp_path: Path
) -> None:
    create_project(page, studio, "Wrong files", ["yes", "no"])
    good = tmp_path / "good.csv"
    good.write_text("text,label\nfirst,yes\nsecond,no\n", encoding="utf-8")
    import_file(page, good)
    binary = tmp_path / "picture.csv"
    binary.write_bytes(bytes(range(256)) * 64)
    page.wait_for_timeout(1500)
    if not page.get_by_test_id("stFileUploader").is_visible():
        keyed(page, "documents.add").locator("summary").click()
    page.locator("input[type=file]").set_input_files(str(binary))
    keyed(page, "documents.drop").wait_for(timeout=30_000)
    expect(page.get_by_test_id("stAlert").first).to_be_visible()
    press(page, "documents.drop")
    shown(page, "2 rows")
