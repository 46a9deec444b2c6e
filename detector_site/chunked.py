"""Bodies that come without a length get one, within the limit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CHUNK_BYTES = 256 * 1024
# What is longer waits on disk.
MEMORY_BYTES = 32 * 1024 * 1024


class ChunkedBodies:
    """A WSGI application that can take `Transfer-Encoding: chunked`.

    Django reads as many bytes as Content-Length says, so a chunked body would look
    empty to it. Here it is read up to the limit and gets its length; a longer one
    gets a length over the limit, and the application refuses it without reading on.
    """

    def __init__(
        self, application: WSGIApplication, max_bytes: Callable[[str], int]
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
        limit = self._max_bytes(environ.get("PATH_INFO", ""))
        body = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - Django reads it
        length = _copy(environ["wsgi.input"], body, limit + 1)
        environ["CONTENT_LENGTH"] = str(length)
        if length <= limit:
            body.seek(0)
            environ["wsgi.input"] = body


def _copy(stream: BinaryIO, body: IO[bytes], limit: int) -> int:
    """Copy at most `limit` bytes; how many there were."""
    length = 0
    while length < limit:
        chunk = stream.read(min(CHUNK_BYTES, limit - length))
        if not chunk:
            break
        body.write(chunk)
        length += len(chunk)
    return length
