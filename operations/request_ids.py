"""A name for each request, in every log line and in the answer."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-ID"
PLAUSIBLE = re.compile(r"[A-Za-z0-9_-]{8,64}")

# It stays set when a request is over: what is logged about its end belongs to it.
_current: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """The id of the request that this thread works on, or `-`."""
    return _current.get()


class RequestIdMiddleware:
    """Takes the id from a trusted proxy, or makes one; the first of the middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name the request."""
        request_id = _given(request) or uuid.uuid4().hex
        _current.set(request_id)
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Gives every log record a `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the field; nothing is left out."""
        record.request_id = _current.get()
        return True


def _given(request: HttpRequest) -> str:
    """Strangers could write anything into the log, so only proxies are believed."""
    value = request.headers.get(HEADER, "") if settings.TRUSTED_PROXY_COUNT else ""
    return value if PLAUSIBLE.fullmatch(value) else ""
