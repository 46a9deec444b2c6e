"""Change a password, and reset a forgotten one by e-mail."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

NEW = "a rather different pass phrase"

pytestmark = pytest.mark.django_db


def reset_link(mail: EmailMessage) -> str:
    (link,) = [word for word in mail.body.split() if "/password/reset/key/" in word]
    return link.removeprefix("http://testserver")


def test_a_changed_password_logs_other_devices_out(
    user: User, user_client: Client
) -> None:
    other_device = Client()
    other_device.force_login(user)

    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    user_client.post("/accounts/password/change/", form)

    user.refresh_from_db()
    assert user.check_password(NEW)
    assert user_client.get("/accounts/settings/").status_code == 200
    assert other_device.get("/accounts/settings/").status_code == 302


def test_a_password_is_not_changed_without_the_old_one(
    user: User, user_client: Client
) -> None:
    form = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    user_client.post("/accounts/password/change/", form)

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(
    user: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/accounts/password/reset/", {"email": user.email.upper()})
    (mail,) = mailoutbox
    link = reset_link(mail)

    form_url = client.get(link)["Location"]
    client.post(form_url, {"password1": NEW, "password2": NEW})

    assert mail.to == [user.email]
    user.refresh_from_db()
    assert user.check_password(NEW)
    again = Client().get(link, follow=True)
    assert b"password1" not in again.content


def test_a_reset_does_not_tell_whether_an_account_exists(
    user: User, client: Client
) -> None:
    known = client.post("/accounts/password/reset/", {"email": user.email})
    unknown = client.post("/accounts/password/reset/", {"email": "no@example.org"})

    assert known.status_code == unknown.status_code == 302
    assert known["Location"] == unknown["Location"]
    pages = [client.get(answer["Location"]).content for answer in (known, unknown)]
    assert b"Look into your mail" in pages[0]
    assert user.email.encode() not in pages[0]


def test_mail_is_plain_and_names_this_site(
    user: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/accounts/password/reset/", {"email": user.email})

    (mail,) = mailoutbox
    assert "http://testserver/accounts/password/reset/key/" in mail.body
    assert "example.com" not in mail.body
