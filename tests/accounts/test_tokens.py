"""API tokens: shown once, hashed, revocable, and one's own."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.auth import user_from_bearer
from accounts.models import ApiToken, User
from accounts.services import token_create

pytestmark = pytest.mark.django_db


def make_token(user: User, lifetime: timedelta | None = None) -> tuple[ApiToken, str]:
    return token_create(user=user, name="Mars probe", lifetime=lifetime)


def test_a_new_token_is_shown_once_and_works(user: User, user_client: Client) -> None:
    page = user_client.post("/accounts/tokens/", {"name": "newsroom script"})

    (token,) = re.findall(r"<code[^>]*data-token>(\w+)</code>", page.content.decode())
    assert user_from_bearer(token) == user
    later = user_client.get("/accounts/tokens/").content.decode()
    assert "newsroom script" in later
    assert token not in later
    assert "no-store" in page["Cache-Control"]


def test_only_a_digest_is_stored(user: User) -> None:
    row, token = make_token(user)

    stored = [str(value) for value in ApiToken.objects.values_list().get(pk=row.pk)]
    assert len(row.digest) == 128
    assert not any(token in value for value in stored)


def test_a_token_can_expire(user: User, user_client: Client) -> None:
    form = {"name": "for a month", "expires_in_days": "30"}
    user_client.post("/accounts/tokens/", form)

    row = ApiToken.objects.get()
    assert row.expiry is not None
    assert row.expiry - timezone.now() == pytest.approx(
        timedelta(days=30), abs=timedelta(minutes=1)
    )


def test_an_expired_token_is_worthless(user: User) -> None:
    _, token = make_token(user, lifetime=timedelta(seconds=-1))

    assert user_from_bearer(token) is None


@pytest.mark.parametrize("token", ["", "x", "aid_" + "0" * 64, "ü" * 20])
def test_a_made_up_token_is_worthless(user: User, token: str) -> None:
    make_token(user)

    assert user_from_bearer(token) is None


def test_a_token_of_a_deactivated_account_is_worthless(user: User) -> None:
    _, token = make_token(user)
    user.is_active = False
    user.save()

    assert user_from_bearer(token) is None


def test_a_use_is_noted(user: User) -> None:
    row, token = make_token(user)

    user_from_bearer(token)

    row.refresh_from_db()
    assert row.last_used is not None


def test_a_revoked_token_is_worthless(user: User, user_client: Client) -> None:
    row, token = make_token(user)

    user_client.post(f"/accounts/tokens/{row.token_key}/revoke/")

    assert user_from_bearer(token) is None


def test_a_stranger_cannot_revoke_or_see_a_token(
    user: User, stranger_client: Client
) -> None:
    row, token = make_token(user)

    revoked = stranger_client.post(f"/accounts/tokens/{row.token_key}/revoke/")

    assert revoked.status_code == 404
    assert user_from_bearer(token) == user
    assert b"Mars probe" not in stranger_client.get("/accounts/tokens/").content


def test_a_get_revokes_nothing(user: User, user_client: Client) -> None:
    row, token = make_token(user)

    response = user_client.get(f"/accounts/tokens/{row.token_key}/revoke/")

    assert response.status_code == 405
    assert user_from_bearer(token) == user
