"""Writes of the account: names, tokens, sessions, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from accounts.models import ApiToken, User
from classifier.callers import Scope
from classifier.deletion import delete_in_batches
from classifier.models import Original, Submission

MAX_TOKENS = 20


def username_update(*, user: User, username: str) -> None:
    """Another name to log in with."""
    user.username = username
    user.save(update_fields=["username"])


def email_is_confirmed(*, user: User) -> bool:
    """Whether a link to the present address was followed, and links are asked for."""
    if settings.ACCOUNT_EMAIL_VERIFICATION == "none":
        return False
    current = EmailAddress.objects.get_primary(user)
    return current is not None and current.verified


@transaction.atomic
def email_replace(*, user: User, email: str) -> EmailAddress:
    """A new address in place of all others, not confirmed.

    allauth keeps addresses in a table of its own, and links of older password resets
    die with the address they were sent to.
    """
    user.email = email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    return EmailAddress.objects.create(user=user, email=email, primary=True)


def pictures_erase(*, user: User) -> int:
    """Delete all results with their files; how many there were.

    A batch is a transaction, and its files go after that: whatever interrupts this,
    the next call goes on.
    """
    return delete_in_batches(Submission.objects.filter(owner=user))


def originals_erase(*, user: User) -> int:
    """Delete the originals alone; how many there were."""
    return delete_in_batches(Original.objects.filter(submission__owner=user))


def sessions_end(*, user: User, keep: str | None = None) -> None:
    """Log the person out everywhere, but for the session with the key `keep`."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=keep):
        session.end()


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


def user_delete(*, user: User) -> None:
    """Delete the account with all that is its own; files go after the commits."""
    pictures_erase(user=user)
    sessions_end(user=user)
    with transaction.atomic():
        user.delete()
