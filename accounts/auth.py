"""Bearer tokens → users, for the Django REST framework and django-ninja alike."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken, User

# A busy script must not turn each of its requests into a write.
LAST_USED_RESOLUTION = timedelta(minutes=1)


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer TOKEN`, which also notes when the token was used."""

    def validate_user(self, auth_token: ApiToken) -> tuple[User, ApiToken]:
        """The token's active user; raises `AuthenticationFailed` otherwise."""
        user, token = super().validate_user(auth_token)
        now = timezone.now()
        if token.last_used is None or now - token.last_used > LAST_USED_RESOLUTION:
            ApiToken.objects.filter(pk=token.pk).update(last_used=now)
        return user, token


def user_from_bearer(token: str) -> User | None:
    """The active user of a valid, unexpired token, or None."""
    try:
        user, _ = BearerAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return None
    return user
