"""A message is tried again, by one at a time, and given up at last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import webhooks
from accounts.models import DeliveryState, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import (
    deliveries_send_due,
    delivery_try,
    expired_deliveries,
)
from tests.accounts.webhooks.helpers import DAY, finish_a_batch
from tests.accounts.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db


def test_without_a_worker_a_failed_message_is_tried_once_more_and_then_waits(
    user_client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    receiver.statuses = [500]

    finish_a_batch(user_client, django_capture_on_commit_callbacks)

    delivery = WebhookDelivery.objects.get()
    assert len(receiver.requests) == delivery.attempts == 2
    assert delivery.state == DeliveryState.PENDING
    assert delivery.next_try_at > timezone.now()


def test_a_message_that_is_tried_again_has_the_same_id(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [503, 200]
    delivery_try(delivery_id=waiting.pk)
    WebhookDelivery.objects.update(next_try_at=timezone.now())

    deliveries_send_due()

    ids = {received.headers["webhook-id"] for received in receiver.requests}
    assert len(receiver.requests) == 2
    assert ids == {waiting.message_id}
    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_status) == (DeliveryState.DELIVERED, 200)


def test_a_message_that_is_not_due_is_left_alone(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    WebhookDelivery.objects.update(next_try_at=timezone.now() + DAY)

    delivery_try(delivery_id=waiting.pk)

    assert receiver.requests == []


def test_a_delivered_message_is_not_sent_again(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    delivery_try(delivery_id=waiting.pk)
    delivery_try(delivery_id=waiting.pk)

    assert len(receiver.requests) == 1


def test_the_time_between_tries_grows_and_varies(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    waits = []
    for _ in range(6):
        WebhookDelivery.objects.update(next_try_at=timezone.now())
        delivery_try(delivery_id=waiting.pk)
        waiting.refresh_from_db()
        waits.append(waiting.next_try_at - waiting.last_try_at)

    seconds = [wait.total_seconds() for wait in waits]
    assert seconds == sorted(seconds)
    assert 4 <= seconds[0] <= 6.1
    assert seconds[5] > 3600
    assert len({round(wait, 3) for wait in seconds}) == 6


@pytest.mark.parametrize("status", [301, 404, 500])
def test_only_a_success_is_a_success(
    waiting: WebhookDelivery, receiver: Receiver, status: int
) -> None:
    receiver.statuses = [status]

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_status) == (DeliveryState.PENDING, status)
    assert len(receiver.requests) == 1, "redirects are not followed"


def test_after_a_day_of_failures_the_endpoint_is_off_and_its_owner_knows(
    waiting: WebhookDelivery, receiver: Receiver, user: User
) -> None:
    receiver.statuses = [500]
    WebhookDelivery.objects.update(created_at=timezone.now() - DAY)

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.FAILED
    assert waiting.endpoint.disabled_at is not None
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert f"/accounts/webhooks/{waiting.endpoint.pk}/" in message.body
    assert "Its last answer was 500" in message.body


def test_an_endpoint_that_took_something_meanwhile_stays_on(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    WebhookDelivery.objects.update(created_at=timezone.now() - DAY)
    WebhookEndpoint.objects.update(last_success_at=timezone.now())

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.FAILED
    assert waiting.endpoint.disabled_at is None
    assert mail.outbox == []


def test_an_endpoint_that_is_gone_is_off_at_once(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [410]

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert waiting.endpoint.disabled_at is not None


def test_the_log_is_kept_for_30_days(waiting: WebhookDelivery) -> None:
    assert not expired_deliveries().exists()

    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))

    assert expired_deliveries().exists()


def test_while_one_sends_nobody_else_does(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    """A second worker gets the message while the first waits for its answer."""
    mine = webhooks._claim(waiting.pk)

    delivery_try(delivery_id=waiting.pk)

    assert mine is not None
    assert receiver.requests == []
