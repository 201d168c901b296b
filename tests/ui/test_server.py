from __future__ import annotations

import asyncio
from typing import Any

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
