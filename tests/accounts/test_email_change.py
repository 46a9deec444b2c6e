"""Another e-mail address: at once, or when its link is followed."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.confirming import confirm
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = {"email": "New@example.org", "action_add": ""}


@pytest.fixture
def confirmed(user: User, settings: Settings) -> User:
    """Somebody whose address is confirmed, on a site that asks for that."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.filter(user=user).update(verified=True)
    return user


def link_in(mail: EmailMessage) -> str:
    (link,) = [word for word in mail.body.split() if "/confirm-email/" in word]
    return link.removeprefix("http://testserver")


def log_in(client: Client, login: str) -> int:
    form = {"login": login, "password": PASSWORD}
    return client.post("/accounts/login/", form).status_code


def test_a_new_address_needs_the_password_and_then_logs_in(
    user: User, user_client: Client
) -> None:
    user_client.post("/accounts/email/", NEW)
    user.refresh_from_db()
    assert user.email != "new@example.org"

    confirm(user_client)
    user_client.post("/accounts/email/", NEW)

    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert log_in(Client(), "new@example.org") == 302


def test_with_verification_the_old_address_stays_until_the_link_is_followed(
    confirmed: User, user_client: Client, mailoutbox: list[EmailMessage]
) -> None:
    old = confirmed.email
    confirm(user_client)

    user_client.post("/accounts/email/", NEW)

    (mail,) = mailoutbox
    assert mail.to == ["new@example.org"]
    confirmed.refresh_from_db()
    assert confirmed.email == old
    assert b"Waiting until you open" in user_client.get("/accounts/settings/").content

    user_client.post(link_in(mail))

    confirmed.refresh_from_db()
    assert confirmed.email == "new@example.org"
    (address,) = EmailAddress.objects.filter(user=confirmed)
    assert address.email == "new@example.org"
    assert address.verified


def test_the_old_address_hears_of_the_change(
    confirmed: User,
    user_client: Client,
    settings: Settings,
    mailoutbox: list[EmailMessage],
) -> None:
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    old = confirmed.email
    confirm(user_client)
    user_client.post("/accounts/email/", NEW)
    user_client.post(link_in(mailoutbox[0]))

    assert [old] in [mail.to for mail in mailoutbox]


def test_a_waiting_change_can_be_taken_back(
    confirmed: User, user_client: Client
) -> None:
    confirm(user_client)
    user_client.post("/accounts/email/", NEW)

    form = {"email": "new@example.org", "action_remove": ""}
    user_client.post("/accounts/email/", form)

    (address,) = EmailAddress.objects.filter(user=confirmed)
    assert address.email == confirmed.email


@pytest.mark.parametrize("verification", ["none", "mandatory"])
def test_an_address_of_somebody_else_is_refused_whatever_its_case(
    confirmed: User,
    stranger: User,
    user_client: Client,
    settings: Settings,
    verification: str,
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    confirm(user_client)
    form = {"email": stranger.email.upper(), "action_add": ""}

    page = user_client.post("/accounts/email/", form)

    assert b"Somebody else has this e-mail address." in page.content


def test_an_address_that_was_taken_meanwhile_is_not_confirmed(
    confirmed: User, user_client: Client, mailoutbox: list[EmailMessage]
) -> None:
    confirm(user_client)
    user_client.post("/accounts/email/", NEW)
    UserFactory.create(username="faster", email="new@example.org")
    old = confirmed.email

    page = user_client.post(link_in(mailoutbox[0]), follow=True)

    assert b"Somebody else has this e-mail address by now." in page.content
    confirmed.refresh_from_db()
    assert confirmed.email == old
