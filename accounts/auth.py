"""Bearer tokens → users, for the Django REST framework and django-ninja alike."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken, User

# A busy script must not turn each of its requests into a write.
LAST_USED_RESOLUTION = timedelta(minutes=1)


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer TOKEN`, which also notes when the token was used."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """The token's active user; raises `AuthenticationFailed` otherwise."""
        found = token_from_bearer(token.decode(errors="replace"))
        if found is None:
            raise AuthenticationFailed(_("The token is not valid."))
        return found.user, found


def token_from_bearer(token: str) -> ApiToken | None:
    """The valid, unexpired token of an active user, or None.

    Its user and the user's limits come in the same query.
    """
    rows = ApiToken.objects.select_related("user__limits")
    found = rows.filter(digest=hash_token(token), user__is_active=True).first()
    if found is None or found.is_expired:
        return None
    now = timezone.now()
    if found.last_used is None or now - found.last_used > LAST_USED_RESOLUTION:
        ApiToken.objects.filter(pk=found.pk).update(last_used=now)
    return found


def user_from_bearer(token: str) -> User | None:
    """The active user of a valid, unexpired token, or None."""
    found = token_from_bearer(token)
    return found.user if found else None
