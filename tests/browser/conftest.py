from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.serving import CHROMIUM_ARGUMENTS, ROOT, RequestGuard, running
from tests.setup_machine import find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_chromium(), headless=True, args=list(CHROMIUM_ARGUMENTS)
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def studio_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the studio that the tests drive."""
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def studio(studio_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the real studio: web server and worker on an empty home."""
    environment = {"STUDIO_HOME": str(studio_home), "STUDIO_WORKER": "child"}
    log = tmp_path_factory.mktemp("log") / "server.log"
    with running(ROOT / "app.py", environment, log) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor; the test fails if anything is fetched from another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    guard = RequestGuard()
    guard.watch(context)
    visitor = context.new_page()
    yield visitor
    context.close()
    assert guard.left == []
