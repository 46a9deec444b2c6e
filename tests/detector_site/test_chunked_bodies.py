"""A body without a length is measured, and refused when it is too long."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from pytest_django import Settings

from classifier.uploads import max_body_bytes
from detector_site.chunked import ChunkedBodies
from tests.images import jpeg

pytestmark = pytest.mark.django_db

BOUNDARY = "edge"


def multipart(data: bytes) -> bytes:
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


class Endless(io.RawIOBase):
    """A client that never stops sending, up to a patience that no test should need."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        assert self.taken < self.patience
        return b"x" * size


def post_chunked(stream: io.IOBase, path: str = "/predict") -> tuple[str, bytes]:
    """Status and body of a POST, as a server hands a chunked request over."""
    environ = RequestFactory().post(path).environ
    environ.pop("CONTENT_LENGTH", None)
    environ |= {
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
    }
    seen: list[str] = []

    def start_response(status: str, _headers: list[Any]) -> Callable[[bytes], object]:
        seen.append(status)
        return lambda _: None

    application = ChunkedBodies(get_wsgi_application(), max_body_bytes)
    body: Iterable[bytes] = application(environ, start_response)
    return seen[0], b"".join(body)


def test_a_chunked_picture_is_judged() -> None:
    status, body = post_chunked(io.BytesIO(multipart(jpeg())))

    assert status == "200 OK"
    assert b'"label"' in body


def test_a_chunked_body_over_the_limit_is_refused_unread(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    stream = Endless(patience=max_body_bytes() * 2)

    status, body = post_chunked(stream)

    assert status.startswith("413")
    assert b"file_too_large" in body


def test_a_chunked_batch_has_the_limit_of_batches(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES, settings.MAX_BATCH_BYTES = 1000, 300_000
    within = io.BytesIO(b"x" * 200_000)
    beyond = Endless(patience=max_body_bytes("/predict/batch") * 2)

    assert post_chunked(within, "/predict/batch")[0].startswith("401")
    assert post_chunked(beyond, "/predict/batch")[0].startswith("413")
