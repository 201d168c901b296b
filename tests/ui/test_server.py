from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from studio.jobs import connection
from studio.storage.store import Store
from studio.ui import server, session
from studio.ui.server import CONTENT_SECURITY_POLICY, SecurityHeaders


def head_of(kind: str, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response that went through the middleware."""
    seen: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": f"{kind}.response.start", "status": 200, "headers": headers})

    async def receive() -> Any:
        return {}

    async def send(message: Any) -> None:
        seen.append(message)

    asyncio.run(SecurityHeaders(inner)({"type": kind}, receive, send))
    found: list[tuple[bytes, bytes]] = seen[0]["headers"]
    return found


def test_every_response_says_what_a_page_may_load() -> None:
    found = dict(head_of("http", [(b"content-type", b"text/html")]))
    assert found[b"content-security-policy"] == CONTENT_SECURITY_POLICY.encode()
    assert found[b"x-content-type-options"] == b"nosniff"
    assert found[b"content-type"] == b"text/html"


def test_a_header_that_is_there_is_not_sent_twice() -> None:
    found = head_of("http", [(b"X-Frame-Options", b"DENY")])
    assert [value for name, value in found if name.lower() == b"x-frame-options"] == [b"DENY"]


def test_a_websocket_passes_unchanged() -> None:
    assert head_of("websocket", []) == []


def test_nothing_may_be_evaluated_or_come_from_elsewhere() -> None:
    assert "unsafe-eval" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY


@pytest.fixture
def started_before(store: Store) -> Iterator[Store]:
    """A studio whose worker has set up the queue at an earlier start."""
    store.workers.beat("local", 1, "here", "none")
    (store.home / "jobs.sqlite").touch()
    yield store
    gc.unfreeze()
    session.close_stores()
    connection.disconnect(store.settings)


@pytest.mark.slow
def test_a_warm_server_has_its_connection_to_the_queue(started_before: Store) -> None:
    url = connection.queue_url(started_before.settings)
    server._warm(started_before.settings)
    assert url in connection._clients


def test_a_queue_that_cannot_be_opened_does_not_keep_the_server_from_starting(
    started_before: Store,
) -> None:
    (started_before.home / "jobs.sqlite").unlink()
    (started_before.home / "jobs.sqlite").mkdir()
    server._warm(started_before.settings)
    assert connection._clients == {}
    assert session.open_store(started_before.settings).projects.list() == []
