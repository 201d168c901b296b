from __future__ import annotations

import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from studio.ui import navigation
from tests.browser.serving import RequestGuard, idle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [page for page in navigation.entries() if page.key != navigation.HOME]


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.key)
def test_page_is_whole_when_opened_by_its_address(
    studio: str, page: Page, entry: navigation.PageEntry
) -> None:
    page.goto(f"{studio}/{entry.key}")
    idle(page)
    expect(page.get_by_role("heading", name=entry.title, exact=True).first).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Home")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_the_way_through_the_pages_leads_on_in_one_session(studio: str, page: Page) -> None:
    page.goto(studio)
    idle(page)
    for entry in PAGES:
        page.get_by_test_id("stSidebar").get_by_role("link", name=entry.title, exact=True).click()
        idle(page)
        expect(page.get_by_role("heading", name=entry.title, exact=True).first).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", (255, 255, 255)), ("dark", (17, 21, 28))]
)
def test_the_look_follows_the_visitors_system(
    studio: str, browser: Browser, scheme: str, ground: tuple[int, int, int]
) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    visitor = context.new_page()
    visitor.goto(studio)
    idle(visitor)
    shown = visitor.get_by_test_id("stApp").evaluate("el => getComputedStyle(el).backgroundColor")
    context.close()
    assert shown == f"rgb{ground}"


def test_the_server_says_what_a_page_may_load(studio: str) -> None:
    with urllib.request.urlopen(studio, timeout=10) as response:
        headers = response.headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_the_guard_tells_what_left_from_what_the_policy_stopped(
    studio: str, browser: Browser
) -> None:
    context = browser.new_context()
    context.route("https://example.org/**", lambda route: route.abort())
    guard = RequestGuard()
    guard.watch(context)
    visitor = context.new_page()
    load = "src => { const image = new Image(); image.src = src; document.body.append(image); }"
    visitor.goto(studio)
    visitor.evaluate(load, "https://example.org/stopped.png")
    visitor.wait_for_timeout(500)
    assert guard.left == []
    visitor.goto("about:blank")
    visitor.evaluate(load, "https://example.org/left.png")
    visitor.wait_for_timeout(500)
    assert guard.left == ["https://example.org/left.png"]
    context.close()
