"""Sign up, log in, log out."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_up(client: Client, **changes: str) -> int:
    form = {
        "username": "ada",
        "email": "ada@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
        **changes,
    }
    return client.post("/accounts/signup/", form).status_code


def log_in(client: Client, login: str, password: str = PASSWORD) -> int:
    form = {"login": login, "password": password}
    return client.post("/accounts/login/", form).status_code


def is_logged_in(client: Client) -> bool:
    return client.get("/accounts/settings/").status_code == 200


def test_a_new_account_is_logged_in_at_once(client: Client) -> None:
    assert sign_up(client) == 302

    assert is_logged_in(client)
    assert User.objects.get().email == "ada@example.org"


@pytest.mark.parametrize(
    "changes",
    [
        {"email": ""},
        {"email": "not an address"},
        {"username": ""},
        {"password1": "12345678", "password2": "12345678"},
        {"password2": "something else entirely"},
    ],
)
def test_an_incomplete_or_weak_sign_up_makes_no_account(
    client: Client, changes: dict[str, str]
) -> None:
    assert sign_up(client, **changes) == 200

    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@Example.ORG"])
def test_an_address_has_one_account_whatever_its_case(
    client: Client, email: str
) -> None:
    UserFactory.create(username="first", email="ada@example.org")

    sign_up(client, email=email)

    assert User.objects.count() == 1


@pytest.mark.parametrize("login", ["ada", "ada@example.org", "ADA@example.org"])
def test_one_logs_in_with_either_name(client: Client, login: str) -> None:
    UserFactory.create(username="ada")

    assert log_in(client, login) == 302

    assert is_logged_in(client)


def test_a_wrong_password_does_not_log_in(client: Client, user: User) -> None:
    assert log_in(client, user.username, "wrong") == 200

    assert not is_logged_in(client)


def test_a_deactivated_account_does_not_log_in(client: Client) -> None:
    UserFactory.create(username="ada", is_active=False)

    log_in(client, "ada")

    assert not is_logged_in(client)


def test_logging_out_needs_a_post_and_ends_the_session(user_client: Client) -> None:
    user_client.get("/accounts/logout/")
    assert is_logged_in(user_client)

    user_client.post("/accounts/logout/")
    assert not is_logged_in(user_client)


def test_after_five_wrong_passwords_even_the_right_one_waits(
    client: Client, user: User
) -> None:
    for _ in range(5):
        log_in(client, user.username, "wrong")

    log_in(client, user.username)

    assert not is_logged_in(client)


def test_one_address_cannot_try_many_accounts(client: Client) -> None:
    people = UserFactory.create_batch(11)
    for person in people[:10]:
        log_in(client, person.username, "wrong")

    log_in(client, people[10].username)

    assert not is_logged_in(client)


def test_the_admin_has_no_log_in_form_without_rate_limits(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_a_mandatory_verification_sends_a_link_that_opens_the_account(
    client: Client, settings: Settings, mailoutbox: list
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"

    sign_up(client)
    assert not is_logged_in(client)
    (mail,) = mailoutbox
    (link,) = [word for word in mail.body.split() if "/confirm-email/" in word]
    client.post(link.removeprefix("http://testserver"))
    log_in(client, "ada")

    assert is_logged_in(client)
