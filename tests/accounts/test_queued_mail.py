"""Mail that a worker sends is the mail that was written."""

from __future__ import annotations

import json

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from accounts.queued_mail import EmailBackend, as_data, send_now

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _no_real_mail(settings: Settings) -> None:
    settings.QUEUED_EMAIL_BACKEND = LOCMEM


def written() -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        gettext_lazy("Password"),
        "In plain words.",
        "site@example.org",
        ["ada@example.org"],
        bcc=["archive@example.org"],
        reply_to=["help@example.org"],
        headers={"X-Kind": "reset"},
    )
    message.attach_alternative("<p>In colour.</p>", "text/html")
    return message


def test_it_survives_the_queue() -> None:
    send_now(json.loads(json.dumps(as_data(written()))))

    (sent,) = mail.outbox
    assert (sent.subject, sent.body) == ("Password", "In plain words.")
    assert sent.recipients() == ["ada@example.org", "archive@example.org"]
    assert sent.alternatives[0][0] == "<p>In colour.</p>"
    assert sent.extra_headers["X-Kind"] == "reset"


def test_each_try_has_the_same_message_id() -> None:
    data = as_data(written())

    send_now(data)
    send_now(data)

    first, second = (m.message()["Message-ID"] for m in mail.outbox)
    assert first == second


def test_without_a_worker_it_is_sent_at_once() -> None:
    assert EmailBackend().send_messages([written()]) == 1

    assert len(mail.outbox) == 1


def test_a_message_to_nobody_is_not_sent() -> None:
    message = written()
    message.to, message.bcc = [], []

    assert EmailBackend().send_messages([message]) == 0
