"""API tokens: shown once, hashed, revocable, and one's own."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.auth import user_from_bearer
from accounts.models import ApiToken, User
from accounts.services import MAX_TOKENS, token_create

pytestmark = pytest.mark.django_db


FORM = {"name": "newsroom script", "scopes": ["predict", "history"]}


def make_token(user: User, lifetime: timedelta | None = None) -> tuple[ApiToken, str]:
    return token_create(user=user, name="Mars probe", lifetime=lifetime)


def page_of(client: Client) -> str:
    return client.get("/accounts/tokens/").content.decode()


def test_a_new_token_is_shown_once_and_works(user: User, user_client: Client) -> None:
    page = user_client.post("/accounts/tokens/", FORM)

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
    user_client.post("/accounts/tokens/", FORM | {"expires_in_days": "30"})

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


def test_it_may_live_for_ever(user_client: Client) -> None:
    user_client.post("/accounts/tokens/", FORM | {"expires_in_days": ""})

    assert ApiToken.objects.get().expiry is None


def test_an_expired_one_is_still_listed_as_such(
    user: User, user_client: Client
) -> None:
    _, token = make_token(user, lifetime=timedelta(seconds=-1))
    user_from_bearer(token)

    assert "Expired" in page_of(user_client)


@pytest.mark.parametrize(("days", "is_soon"), [(6, True), (8, False)])
def test_the_last_week_is_announced(
    user: User, user_client: Client, days: int, is_soon: bool
) -> None:
    make_token(user, lifetime=timedelta(days=days))

    assert ("Soon: " in page_of(user_client)) is is_soon


def test_a_token_may_do_what_was_chosen(user_client: Client) -> None:
    user_client.post("/accounts/tokens/", FORM | {"scopes": ["predict"]})

    assert ApiToken.objects.get().scopes == ["predict"]


def test_a_token_that_may_do_nothing_is_not_made(user_client: Client) -> None:
    page = user_client.post("/accounts/tokens/", FORM | {"scopes": []})

    assert b"Choose at least one thing that it may do." in page.content
    assert not ApiToken.objects.exists()


def test_there_are_only_so_many(user: User, user_client: Client) -> None:
    for _ in range(MAX_TOKENS):
        make_token(user)

    page = user_client.post("/accounts/tokens/", FORM).content.decode()

    assert f"You have {MAX_TOKENS} tokens, the most there may be." in page
    assert "newsroom script" in page  # nothing has to be typed again
    assert ApiToken.objects.count() == MAX_TOKENS


def test_the_programs_on_the_page_hold_the_new_token(user_client: Client) -> None:
    page = user_client.post("/accounts/tokens/", FORM).content.decode()

    (token,) = re.findall(r"data-token>(\w+)</code>", page)
    assert page.count(f"Bearer {token}") == 9
    assert "Bearer" not in page_of(user_client)


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
