"""A small OpenAI-compatible endpoint on this machine; what it answers is a test's own function."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One response; ``wait`` is an event that it waits for, for at most ten seconds."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None


def said(answer: Any, tokens_in: int = 10, tokens_out: int = 2) -> Reply:
    """Return the response of an endpoint that answers."""
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
    found = {"choices": [{"message": {"role": "assistant", "content": answer}}], "usage": usage}
    return Reply(body=json.dumps(found).encode())


def failed(status: int, message: str = "", **more: str) -> Reply:
    """Return the response of an endpoint that refuses."""
    return Reply(status, json.dumps({"error": {"message": message, **more}}).encode())


@dataclass
class FakeEndpoint:
    """What was asked, in order: the path, the headers and the body of each request."""

    url: str
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def prompts(self) -> list[str]:
        """The prompts asked, in order."""
        return [body["messages"][-1]["content"] for body in self.bodies]


@contextmanager
def running_endpoint(answer: Callable[[int, str], Reply]) -> Iterator[FakeEndpoint]:
    """Run an endpoint; ``answer`` is given the number of the request, from 0, and the prompt."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(seen.bodies)
                seen.paths.append(self.path)
                seen.headers.append({k.lower(): v for k, v in self.headers.items()})
                seen.bodies.append(body)
            reply = answer(number, body["messages"][-1]["content"])
            if reply.wait is not None:
                reply.wait.wait(10)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing: a test reads what was asked from the object."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of clients that went away."""

    server = Server(("127.0.0.1", 0), Handler)
    seen = FakeEndpoint(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
