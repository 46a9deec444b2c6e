"""Sites on the web as a test sees them: real TLS servers on the loopback address."""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import trustme

from classifier.pinned_https import tls_context
from classifier.public_hosts import IPAddress, is_public
from classifier.remote import FetchPolicy

NAME = "pictures.test"
HOME = ip_address("127.0.0.1")

Answer = Callable[[BaseHTTPRequestHandler], None]


@cache
def authority() -> trustme.CA:
    """Who signs the certificates of all test sites; no machine trusts it."""
    return trustme.CA()


@cache
def trusting_context() -> ssl.SSLContext:
    """The site's own TLS context, but with the tests' authority."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        authority().cert_pem.write_to_path(file.name)
        return tls_context(file.name)


def sends(
    body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    """A handler that answers with this."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def leads_to(target: str) -> Answer:
    """A handler that redirects."""
    return sends(b"", 302, {"Location": target})


def drips_its_body(request: BaseHTTPRequestHandler) -> None:
    """An answer that comes a byte at a time, for minutes."""
    request.send_response(200)
    request.send_header("Content-Length", "10000")
    request.end_headers()
    for _ in range(10_000):
        request.wfile.write(b"x")
        time.sleep(0.02)


@dataclass
class TlsSite:
    """A running site; `asked` holds the requests that arrived at it."""

    port: int
    asked: list[BaseHTTPRequestHandler] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def address(self, path: str = "/", host: str = NAME) -> str:
        return f"https://{host}:{self.port}{path}"

    def policy(self, **changes: Any) -> FetchPolicy:
        """The site's own policy, in which this one server is on the public internet."""
        defaults = {
            "tls": trusting_context(),
            "max_bytes": 1024 * 1024,
            "seconds": 60.0,
            "ports": frozenset({443, self.port}),
            "resolve": self._resolve,
            "is_public": lambda ip: ip == HOME or is_public(ip),
        }
        return FetchPolicy(**(defaults | changes))

    def _resolve(self, host: str, port: int, seconds: float) -> list[IPAddress]:
        self.looked_up.append(host)
        return [HOME if host.endswith(".test") else ip_address(host)]


@contextmanager
def tls_site(answers: dict[str, Answer], certified: str = NAME) -> Iterator[TlsSite]:
    """Serve `answers` by path, with a certificate for the name `certified`."""
    asked: list[BaseHTTPRequestHandler] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self)
            answers.get(self.path, sends(b"", 404))(self)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            """Be quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(certified).configure_cert(context)
    server = _Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield TlsSite(server.server_port, asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what some tests are about."""
