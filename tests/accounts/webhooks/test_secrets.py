"""Messages are signed; the secret is shown once and stored encrypted."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks import delivery_try
from accounts.webhooks_signing import signature
from tests.accounts.webhooks.helpers import EVENTS, snippet
from tests.accounts.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries."""
    signed = signature(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_snippet_of_the_documentation_accepts_what_is_sent(
    waiting: WebhookDelivery, secret: str, receiver: Receiver
) -> None:
    delivery_try(delivery_id=waiting.pk)

    (received,) = receiver.requests
    verify = snippet()
    assert verify(secret, received.headers, received.body)
    assert not verify(secret, received.headers, received.body + b" ")
    old = {**received.headers, "webhook-timestamp": str(int(time.time()) - 3600)}
    assert not verify(secret, old, received.body)


def test_the_secret_is_shown_once_and_stored_encrypted(
    user_client: Client, receiver: Receiver
) -> None:
    form = {"url": receiver.url, "events": EVENTS}
    page = user_client.post("/accounts/webhooks/", form)

    (secret,) = re.findall(r"data-secret>(whsec_[\w+/=]+)<", page.content.decode())
    endpoint = WebhookEndpoint.objects.get()
    later = user_client.get(f"/accounts/webhooks/{endpoint.pk}/").content.decode()
    assert secret not in later
    assert secret not in str(WebhookEndpoint.objects.values_list().get())
    assert "no-store" in page["Cache-Control"]


def test_a_new_secret_replaces_the_old(
    user_client: Client, waiting: WebhookDelivery, secret: str, receiver: Receiver
) -> None:
    page = user_client.post(f"/accounts/webhooks/{waiting.endpoint.pk}/renew/")
    (renewed,) = re.findall(r"data-secret>(whsec_[\w+/=]+)<", page.content.decode())

    delivery_try(delivery_id=waiting.pk)

    (received,) = receiver.requests
    assert renewed != secret
    assert snippet()(renewed, received.headers, received.body)
    assert not snippet()(secret, received.headers, received.body)


def test_after_a_change_of_the_sites_key_the_owner_is_told_what_to_do(
    user_client: Client,
    waiting: WebhookDelivery,
    receiver: Receiver,
    settings: Settings,
) -> None:
    settings.SECRET_KEY = "another key, long enough for everything 0123456789 abcdef"

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert receiver.requests == []
    assert waiting.last_error == "its secret cannot be read; make a new one"


def test_a_former_key_of_the_site_still_opens_secrets(
    waiting: WebhookDelivery, receiver: Receiver, settings: Settings
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, long enough for everything 0123456789 abcdef"

    delivery_try(delivery_id=waiting.pk)

    assert len(receiver.requests) == 1
