"""The limits of `classifier.throttling` for the Django REST framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.throttling import BaseThrottle

from accounts.models import ApiToken
from classifier.throttling import TooManyRequests, count_request

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HistoryThrottle(BaseThrottle):
    """By account and token, or by address; counted apart from pictures."""

    retry_after: int | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; False when a limit is reached."""
        token = request.auth.pk if isinstance(request.auth, ApiToken) else None
        user = request.user if request.user.is_authenticated else None
        try:
            count_request(
                request._request, user, pictures=0, area="history", token=token
            )
        except TooManyRequests as error:
            self.retry_after = error.retry_after
            return False
        return True

    def wait(self) -> int | None:
        """Seconds for `Retry-After`."""
        return self.retry_after
