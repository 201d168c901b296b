"""Steps of a person on the pages, for the tests that walk the path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from studio.labeling.base import kinds
from tests.browser.serving import idle


def keyed(page: Page, key: str) -> Locator:
    """Return the widget of a key."""
    return page.locator(".st-key-" + re.sub(r"[^A-Za-z0-9_-]", "-", key))


def press(page: Page, key: str) -> None:
    """Press a button by its key."""
    keyed(page, key).locator("button").first.click()
    page.wait_for_timeout(150)
    idle(page)


def shown(page: Page, words: str, timeout: float = 30_000) -> None:
    """Wait until words are on the page."""
    expect(page.get_by_text(words).first).to_be_visible(timeout=timeout)


def go(page: Page, title: str) -> None:
    """Follow the link of a page in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible(timeout=30_000)
    idle(page)


def choose(page: Page, key: str, option: str) -> None:
    """Choose an option of a select box."""
    page.mouse.move(0, 0)  # a table's toolbar, shown under the mouse, may cover the box
    keyed(page, key).locator("input").click()
    page.get_by_role("option", name=option, exact=True).click()
    idle(page)


def create_project(page: Page, address: str, name: str, labels: Sequence[str]) -> None:
    """Create a project from Home; ends on Documents."""
    page.goto(address)
    idle(page)
    keyed(page, "home.name").locator("input").fill(name)
    keyed(page, "home.labels").locator("textarea").fill("\n".join(labels))
    press(page, "home.create")
    expect(page.get_by_role("heading", name="Documents", level=1)).to_be_visible(timeout=30_000)
    idle(page)


def import_file(
    page: Page, path: Path, *, text: str | None = None, label: str | None = None, split: str = ""
) -> None:
    """Upload a file, set what is what, and import it."""
    idle(page)
    page.wait_for_timeout(1500)  # the panel folds itself away when an import has ended
    chooser = page.get_by_test_id("stFileUploader")
    if not chooser.is_visible():
        keyed(page, "documents.add").locator("summary").click()
    chooser.wait_for(timeout=15_000)
    page.locator("input[type=file]").set_input_files(str(path))
    keyed(page, "documents.import").wait_for(timeout=30_000)
    idle(page)
    for key, value in (("documents.text", text), ("documents.label", label)):
        if value is not None:
            choose(page, key, value)
    if split:
        choose(page, "documents.fixed", split)
    press(page, "documents.import")
    expect(keyed(page, "documents.staged")).to_have_count(0, timeout=30_000)
    shown(page, "Imported", timeout=60_000)
    idle(page)


def editor(page: Page) -> str:
    """Return the suffix of the keys of the editor's widgets."""
    found = page.locator("[class*='st-key-labeling-save-']").first.get_attribute("class") or ""
    return re.findall(r"st-key-labeling-save-(\S+)", found)[0]


def new_function(page: Page) -> str:
    """Empty the editor; return the suffix of its keys."""
    press(page, "labeling.fresh")
    return editor(page)


def choose_kind(page: Page, title: str) -> None:
    """Choose the kind of the function in the editor."""
    summary = next(kind.summary for kind in kinds.members() if kind.title.startswith(title))
    keyed(page, f"labeling.kind.{editor(page)}").get_by_text(title).click()
    said = page.get_by_text(summary)
    try:
        expect(said).to_be_visible(timeout=5_000)
    except AssertionError:
        # The end of a job draws the page anew, and may do so under the mouse.
        keyed(page, f"labeling.kind.{editor(page)}").get_by_text(title).click()
    expect(said).to_be_visible()
    idle(page)


def add_keyword(page: Page, name: str, label: str, words: Sequence[str]) -> None:
    """Write a keyword function, try it, and save it."""
    number = new_function(page)
    keyed(page, f"labeling.name.{number}").locator("input").fill(name)
    choose(page, f"labeling.keyword.{number}.label", label)
    keyed(page, f"labeling.keyword.{number}.keywords").locator("textarea").fill("\n".join(words))
    page.keyboard.press("Control+Enter")
    idle(page)
    press(page, f"labeling.try.{number}")
    shown(page, "Right on gold", timeout=60_000)
    press(page, f"labeling.save.{number}")
    shown(page, f"{name} is saved")


def wait_for_jobs(page: Page, timeout: float = 120_000) -> None:
    """Wait until nothing is in progress any more."""
    expect(page.get_by_text("In progress")).to_have_count(0, timeout=timeout)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=timeout)
    idle(page)
