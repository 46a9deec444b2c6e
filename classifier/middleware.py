"""A request body over the limit is refused before anything reads it."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from classifier.problems import batch_too_large, too_large
from classifier.uploads import BATCH_PATH, max_body_bytes
from classifier.views import refused_upload

# A server that closes while the client still sends loses its answer to a connection
# reset, so a bounded part of the body is read and thrown away after the answer.
LINGER_BYTES = 256 * 1024 * 1024
LINGER_SECONDS = 10.0
CHUNK_BYTES = 256 * 1024


class UploadLimitMiddleware:
    """Answers 413 from the Content-Length alone.

    The last of the middleware, so that it can render a page for the visitor. Bodies
    of unknown length don't get here: `detector_site.wsgi` bounds them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse the request or pass it on."""
        if _content_length(request) <= max_body_bytes(request.path_info):
            if request.path_info == BATCH_PATH:
                return self._batch(request)
            return self.get_response(request)
        response = _refusal(request)
        _discard_after(response, request)
        return response

    def _batch(self, request: HttpRequest) -> HttpResponseBase:
        """Twenty pictures at once are too much for memory: they go to disk.

        An answer that came before the body was read, such as 401, must get through.
        """
        request.upload_handlers = [TemporaryFileUploadHandler(request)]
        response = self.get_response(request)
        if not request._read_started:
            _discard_after(response, request)
        return response


def _content_length(request: HttpRequest) -> int:
    value = request.META.get("CONTENT_LENGTH") or "0"
    return int(value) if value.isascii() and value.isdigit() else 0


def _refusal(request: HttpRequest) -> HttpResponse:
    is_batch = request.path_info == BATCH_PATH
    problem = batch_too_large() if is_batch else too_large()
    if request.path == reverse("classifier:upload"):
        return refused_upload(request, problem)
    if "text/html" in request.headers.get("Accept", ""):
        # A form of another page, such as evidence for an appeal.
        context = {"problem": problem}
        return render(request, "413.html", context, status=problem.status)
    body = {"detail": problem.detail, "code": problem.code}
    return JsonResponse(body, status=problem.status)


def _discard_after(response: HttpResponse, request: HttpRequest) -> None:
    """Throw away what the client still sends, once the answer is on its way."""
    close = response.close

    def close_and_discard() -> None:
        close()
        discard(request.read)

    response.close = close_and_discard  # type: ignore[method-assign]


def discard(read: Callable[[int], bytes]) -> None:
    """Read and drop until the end, LINGER_BYTES or LINGER_SECONDS."""
    deadline = time.monotonic() + LINGER_SECONDS
    for _ in range(LINGER_BYTES // CHUNK_BYTES):
        try:
            if not read(CHUNK_BYTES) or time.monotonic() > deadline:
                return
        except OSError:
            return
