"""How many pictures a visitor may send: one limit for pages and API."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext
from ninja.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest


class TooManyRequests(Exception):  # noqa: N818 - an outcome, not a fault
    """The limit is reached; `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        sentence = gettext(
            "Too many pictures in a short time. Try again in %(seconds)d s."
        )
        self.detail = sentence % {"seconds": retry_after}
        super().__init__(self.detail)


def count_request(request: HttpRequest, user: AbstractBaseUser | None) -> None:
    """Count a request of the user, or of the address of somebody anonymous.

    Raises `TooManyRequests` when THROTTLE_USER or THROTTLE_ANON is exceeded.
    """
    throttle = _Throttle(user)
    if not throttle.allow_request(request):
        raise TooManyRequests(max(1, math.ceil(throttle.wait() or 1)))


class _Throttle(SimpleRateThrottle):
    """Made anew for each request: it keeps that request's state in itself."""

    def __init__(self, user: AbstractBaseUser | None) -> None:
        self.user = user
        super().__init__(settings.THROTTLE_USER if user else settings.THROTTLE_ANON)

    def get_cache_key(self, request: HttpRequest) -> str:
        ident = f"user_{self.user.pk}" if self.user else self.get_ident(request)
        return self.cache_format % {"scope": "submit", "ident": ident}
