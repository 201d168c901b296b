"""A file of each format, and a folder, through the uploader of the page Documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studio.importers.base import importers
from tests.browser.serving import idle
from tests.browser.walking import create_project, keyed, press, shown
from tests.importers.test_contract import example_file

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def staged_as(page: Page, title: str) -> None:
    """Wait for the preview of an upload, look at it, and put it away again."""
    expect(keyed(page, "documents.import")).to_be_visible(timeout=30_000)
    idle(page)
    expect(keyed(page, "documents.format").locator("input")).to_have_value(title)
    expect(keyed(page, "documents.text").locator("input")).to_have_value("text")
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
    press(page, "documents.drop")


def test_a_file_of_each_format_is_previewed_as_that_format(
    page: Page, studio: str, tmp_path: Path
) -> None:
    create_project(page, studio, "Every format", ["ham", "spam"])
    for name in importers.names():
        path = example_file(name, tmp_path)
        page.locator("input[type=file]").set_input_files(str(path))
        staged_as(page, importers.get(name).title)
    folder = tmp_path / "reviews"
    for label in ("ham", "spam"):
        (folder / label).mkdir(parents=True)
        (folder / label / "1.txt").write_text(f"a text of {label}", encoding="utf-8")
    keyed(page, "documents.way").get_by_role("radio", name="Folder").click()
    idle(page)
    chooser = page.locator("input[type=file][webkitdirectory]")
    chooser.wait_for(state="attached", timeout=30_000)
    chooser.set_input_files(str(folder))
    expect(keyed(page, "documents.label").locator("input")).to_have_value("folder", timeout=30_000)
    idle(page)
    press(page, "documents.import")
    shown(page, "Imported 2 documents, 2 with a gold label", timeout=60_000)
