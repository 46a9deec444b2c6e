"""Writes of the account: profile, tokens, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import ApiToken, User
from classifier.callers import Scope

MAX_TOKENS = 20


@transaction.atomic
def profile_update(*, user: User, username: str, email: str) -> bool:
    """Save both names; say whether the e-mail address is a new one.

    allauth keeps addresses in a table of its own, and links of older password resets
    die with the address they were sent to.
    """
    is_new = email != user.email
    user.username = username
    user.email = email
    user.save(update_fields=["username", "email"])
    if is_new:
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=email, primary=True)
    return is_new


class TooManyTokens(Exception):  # noqa: N818 - an outcome, not a fault
    """The person has as many tokens as anybody may have."""


@transaction.atomic
def token_create(
    *,
    user: User,
    name: str,
    lifetime: timedelta | None,
    scopes: Sequence[str] = tuple(Scope.values),
) -> tuple[ApiToken, str]:
    """A row that holds the digest, and the token itself, which is kept nowhere.

    Raises `TooManyTokens` for somebody who has `MAX_TOKENS` already.
    """
    # Locked, so that two requests at once cannot both make the last one.
    User.objects.select_for_update().get(pk=user.pk)
    if ApiToken.objects.filter(user=user).count() >= MAX_TOKENS:
        raise TooManyTokens
    return ApiToken.objects.create(
        user=user, name=name, expiry=lifetime, scopes=list(scopes)
    )


def token_revoke(*, user: User, token_key: str) -> bool:
    """Delete the person's token; False when there is no such one."""
    deleted, _ = ApiToken.objects.filter(user=user, token_key=token_key).delete()
    return bool(deleted)


@transaction.atomic
def user_delete(*, user: User) -> None:
    """Delete the account with its submissions; their files go after the commit."""
    user.delete()
