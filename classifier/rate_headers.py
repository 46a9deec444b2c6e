"""Every counted answer tells where the caller stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from classifier.counters import Tally
from classifier.throttling import give_back_pictures, resource_of


class RateLimitMiddleware:
    """Tells every counted caller where they stand, and gives back failed pictures."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set `X-RateLimit-*` by the limit that refuses first."""
        response = self.get_response(request)
        if response.status_code >= 400:
            give_back_pictures(request)
        tallies: Sequence[Tally] = getattr(request, "rate_limit_tallies", ())
        for name, value in _headers(tallies).items() if tallies else ():
            response[name] = value
        return response


def _headers(tallies: Sequence[Tally]) -> dict[str, str]:
    first = min(tallies, key=lambda t: (not t.is_refused, t.remaining, -t.resets_at))
    return {
        "X-RateLimit-Limit": str(first.limit.most),
        "X-RateLimit-Remaining": str(first.remaining),
        "X-RateLimit-Reset": str(first.resets_at),
        "X-RateLimit-Resource": resource_of(first),
    }
