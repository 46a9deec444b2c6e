"""An authenticator app and recovery codes as a second step of the log-in."""

from __future__ import annotations

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.confirming import activate_totp, confirm, totp
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

AUTHENTICATE = "/accounts/security/authenticate/"


def log_in(client: Client, user: User) -> str:
    """Give the password; the address that the site leads to."""
    form = {"login": user.email, "password": PASSWORD}
    return client.post("/accounts/login/", form)["Location"]


def is_logged_in(client: Client) -> bool:
    return client.get("/accounts/settings/").status_code == 200


def next_code(secret: str) -> str:
    """The code of the next half minute: one that was used counts no more."""
    return totp(secret, time.time() + 30)


def recovery_codes(client: Client) -> list[str]:
    page = client.get("/accounts/security/recovery-codes/").content.decode()
    return re.findall(r"data-recovery-code>(\d+)<", page)


def test_with_an_app_the_password_alone_does_not_log_in(
    user: User, user_client: Client
) -> None:
    secret = activate_totp(user_client)
    browser = Client()

    assert log_in(browser, user) == AUTHENTICATE
    assert not is_logged_in(browser)

    browser.post(AUTHENTICATE, {"code": next_code(secret)})
    assert is_logged_in(browser)


def test_a_wrong_code_does_not_log_in(user: User, user_client: Client) -> None:
    activate_totp(user_client)
    browser = Client()
    log_in(browser, user)

    page = browser.post(AUTHENTICATE, {"code": "000000"})

    assert b"Incorrect code." in page.content
    assert not is_logged_in(browser)


def test_codes_cannot_be_tried_forever(user: User, user_client: Client) -> None:
    secret = activate_totp(user_client)
    cache.clear()
    browser = Client()
    log_in(browser, user)
    for _ in range(5):
        browser.post(AUTHENTICATE, {"code": "000000"})

    browser.post(AUTHENTICATE, {"code": next_code(secret)})

    assert not is_logged_in(browser)


def test_an_app_is_set_up_only_with_a_code_that_it_shows(
    user: User, user_client: Client
) -> None:
    confirm(user_client)
    user_client.get("/accounts/security/totp/activate/")

    user_client.post("/accounts/security/totp/activate/", {"code": "000000"})

    assert log_in(Client(), user) != AUTHENTICATE


def test_setting_up_asks_for_the_password_once_more(user_client: Client) -> None:
    response = user_client.get("/accounts/security/totp/activate/")

    assert response["Location"].startswith("/accounts/reauthenticate/")


def test_a_recovery_code_lets_in_once(user: User, user_client: Client) -> None:
    activate_totp(user_client)
    codes = recovery_codes(user_client)
    assert len(set(codes)) == 10

    first, second = Client(), Client()
    for browser in (first, second):
        log_in(browser, user)
        browser.post(AUTHENTICATE, {"code": codes[0]})

    assert is_logged_in(first)
    assert not is_logged_in(second)


def test_without_the_app_the_password_alone_logs_in_again(
    user: User, user_client: Client
) -> None:
    activate_totp(user_client)

    user_client.post("/accounts/security/totp/deactivate/")

    assert log_in(Client(), user) == "/"


def test_where_addresses_are_confirmed_others_cannot_lock_an_account(
    user: User, user_client: Client, settings: Settings
) -> None:
    settings.MFA_ALLOW_UNVERIFIED_EMAIL = False
    EmailAddress.objects.filter(user=user).update(verified=False)
    confirm(user_client)

    page = user_client.get("/accounts/security/totp/activate/", follow=True)

    assert b"until you have verified your email address" in page.content


def test_staff_may_be_asked_for_a_second_step(settings: Settings) -> None:
    settings.STAFF_MFA = True
    chief = UserFactory.create(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(chief)

    refused = client.get("/admin/")
    activate_totp(client)

    assert refused["Location"] == "/accounts/security/"
    assert client.get("/admin/").status_code == 200


def test_the_pages_show_no_secret_to_a_session_that_was_not_confirmed(
    user: User, user_client: Client
) -> None:
    activate_totp(user_client)
    stolen = Client()
    stolen.force_login(user)

    response = stolen.get("/accounts/security/recovery-codes/")

    assert response["Location"].startswith("/accounts/reauthenticate/")


def test_the_admin_removes_a_lost_second_step_and_shows_no_secret(
    user: User, user_client: Client, admin_client: Client
) -> None:
    secret = activate_totp(user_client)
    lost = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    address = f"/admin/mfa/authenticator/{lost.pk}"

    page = admin_client.get(f"{address}/change/")
    admin_client.post(f"{address}/delete/", {"post": "yes"})

    assert page.status_code == 200
    assert secret.encode() not in page.content
    assert not Authenticator.objects.filter(pk=lost.pk).exists()
