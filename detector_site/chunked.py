"""Bodies that come without a length get one, within the limit."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CHUNK_BYTES = 256 * 1024


class ChunkedBodies:
    """A WSGI application that can take `Transfer-Encoding: chunked`.

    Django reads as many bytes as Content-Length says, so a chunked body would look
    empty to it. Here it is read up to the limit and gets its length; a longer one
    gets a length over the limit, and the application refuses it without reading on.
    """

    def __init__(
        self, application: WSGIApplication, max_bytes: Callable[[], int]
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            self._measure(environ)
        return self._application(environ, start_response)

    def _measure(self, environ: WSGIEnvironment) -> None:
        body = _read(environ["wsgi.input"], self._max_bytes() + 1)
        environ["CONTENT_LENGTH"] = str(len(body))
        if len(body) <= self._max_bytes():
            environ["wsgi.input"] = io.BytesIO(body)


def _read(stream: BinaryIO, limit: int) -> bytes:
    """At most `limit` bytes."""
    body = bytearray()
    while len(body) < limit:
        chunk = stream.read(min(CHUNK_BYTES, limit - len(body)))
        if not chunk:
            break
        body += chunk
    return bytes(body)
