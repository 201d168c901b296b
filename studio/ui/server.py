"""What the web server does around the pages: headers, start and end, errors."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.config import load_settings
from studio.core.settings import Settings
from studio.jobs import connection
from studio.jobs.supervisor import start_child_worker
from studio.ui import session
from studio.ui.text import _

_log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Streamlit starts from an inline script and loads components from blobs.
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

WARM = (
    "pandas",
    "pyarrow",
    "pyarrow.compute",
    "plotly.graph_objects",
    "studio.services.handlers",
    "studio.services.projects",
    "studio.services.review",
    "studio.ui.charts",
    "studio.ui.forms",
    "studio.ui.frame",
    "studio.ui.tables",
)
"""Imported before the first visitor comes; none of them is heavy in the sense of torch."""


class SecurityHeaders:
    """Middleware that adds :data:`HEADERS` to every response.

    Written against ASGI itself, since a wrapper that reads bodies would break uploads.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the head of the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _value in message["headers"]}
                added = [header for header in HEADERS if header[0] not in known]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, send_with_headers)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Prepare the database, warm the process, and keep a worker beside the server."""
    settings = load_settings()
    await asyncio.to_thread(_warm, settings)
    worker = start_child_worker(settings) if settings.worker == "child" else None
    try:
        yield
    finally:
        if worker is not None:
            await asyncio.to_thread(worker.stop)
        session.close_stores()


def _warm(settings: Settings) -> None:
    store = session.open_store(settings)
    connection.warm(store)
    for name in WARM:
        importlib.import_module(name)
    # Streamlit collects garbage after every run; what is frozen here is not looked at again,
    # which makes that collection some twenty times cheaper.
    gc.collect()
    gc.freeze()


def on_script_error(error: BaseException) -> bool:
    """Log what a page did not expect under a reference, and show the reference alone."""
    reference = uuid.uuid4().hex[:8]
    _log.error("Page error %s", reference, exc_info=error)
    st.error(
        _(
            "This page met an error that it did not expect. What you entered before is kept. "
            "Reload the page; if it happens again, give this reference to who runs the studio:"
        )
        + f" **{reference}**",
        icon=":material/report:",
    )
    return True
