"""Browsing documents by typing: the count follows, the address keeps the view, slices are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studio.config import load_settings
from studio.core.schema import LabelSchema
from studio.storage.store import Store
from tests.browser.serving import idle
from tests.browser.walking import go, keyed
from tests.storage.making import add_documents

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def make_project(home: Path) -> int:
    """Create a project of 60 texts beside the running studio, as another process would."""
    store = Store.open(load_settings({"STUDIO_HOME": str(home)}))
    number = store.projects.add("Browse", LabelSchema(("good", "bad")), actor="ada")
    texts = [f"{'快退款' if row % 3 else 'Refund'} number {row}" for row in range(60)]
    add_documents(store, number, texts)
    store.close()
    return number


def test_the_count_follows_the_typing_and_a_slice_is_kept(
    studio: str, studio_home: Path, page: Page
) -> None:
    number = make_project(studio_home)
    page.goto(f"{studio}/documents?project={number}")
    idle(page)
    count = page.locator("p[role=status]")
    expect(count).to_have_text("60 documents")

    # Typed by hand, without Enter and without leaving the box.
    search = page.get_by_label("Search texts")
    search.press_sequentially("refund", delay=40)
    expect(count).to_have_text("20 of 60 documents")
    expect(search).to_be_focused()
    search.press_sequentially(" number 1", delay=40)
    expect(count).to_have_text("3 of 60 documents")
    search.fill("退款")
    expect(count).to_have_text("40 of 60 documents")
    expect(page.get_by_role("button", name="text contains “退款”")).to_be_visible()

    page.get_by_role("button", name="Save as slice").click()
    keyed(page, "documents.slice_name").locator("input").fill("refunds 退款")
    keyed(page, "documents.slice_save").locator("button").click()
    expect(page.get_by_text("The slice refunds 退款 is saved.")).to_be_visible()
    page.keyboard.press("Escape")

    # The address is the view: whoever opens it sees the same.
    page.reload()
    idle(page)
    expect(count).to_have_text("40 of 60 documents")
    expect(search).to_have_value("退款")
    keyed(page, "documents.clear").locator("button").click()
    expect(count).to_have_text("60 documents")
    expect(search).to_have_value("")

    go(page, "Review")
    keyed(page, "review.slice").locator("input").click()
    page.get_by_role("option", name="refunds 退款", exact=True).click()
    expect(page.locator(".review .text")).to_contain_text("快退款")
