"""The pages of webhooks: tests, how many there may be, and whose they are."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from accounts.models import DeliveryState, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoint_create
from tests.accounts.webhooks.helpers import EVENTS
from tests.accounts.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db


def test_a_test_is_sent_and_logged(
    user_client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    page = user_client.post(f"/accounts/webhooks/{endpoint.pk}/test/", follow=True)

    (received,) = receiver.requests
    assert json.loads(received.body)["type"] == "test"
    text = page.content.decode()
    assert "The test was delivered." in text
    assert re.search(r'data-label="Answer">200<', text)


def test_a_test_that_fails_says_so_and_is_not_tried_again(
    user_client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.statuses = [500]

    page = user_client.post(f"/accounts/webhooks/{endpoint.pk}/test/", follow=True)

    assert "The test was answered 500" in page.content.decode()
    assert WebhookDelivery.objects.get().state == DeliveryState.FAILED


def test_a_person_has_at_most_five(user: User, user_client: Client) -> None:
    for number in range(5):
        endpoint_create(user=user, url=f"https://example.org/{number}", events=EVENTS)

    page = user_client.get("/accounts/webhooks/").content.decode()
    user_client.post(
        "/accounts/webhooks/", {"url": "https://example.org/6", "events": EVENTS}
    )

    assert "You have as many as there can be" in page
    assert WebhookEndpoint.objects.count() == 5


@pytest.mark.parametrize("action", ["", "renew/", "test/", "enable/", "delete/"])
def test_a_stranger_finds_none_of_it(
    stranger_client: Client,
    client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    action: str,
) -> None:
    address = f"/accounts/webhooks/{endpoint.pk}/{action}"
    ask = "post" if action else "get"

    assert getattr(stranger_client, ask)(address).status_code == 404
    assert getattr(client, ask)(address).status_code == 302
    assert receiver.requests == []
    assert WebhookEndpoint.objects.exists()


def test_a_deleted_webhook_is_gone(
    user_client: Client, waiting: WebhookDelivery
) -> None:
    user_client.post(f"/accounts/webhooks/{waiting.endpoint.pk}/delete/")

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
