"""Webhooks: endpoints, the messages to them, and their tries.

A message is a row that is written in the transaction of what it tells about, so none
is lost and none tells what did not happen. Sending it may happen twice; its id is the
same then.
"""

from __future__ import annotations

import json
import logging
import random
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import (
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from accounts.webhooks_http import Undeliverable, post
from accounts.webhooks_signing import SecretLost, new_secret, seal, signature, unseal
from classifier.background import enqueue

if TYPE_CHECKING:
    from accounts.models import User
    from classifier.models import Batch, Prediction

logger = logging.getLogger(__name__)

TASK = "accounts.tasks.deliver_webhook"
MAX_ENDPOINTS = 5
KEPT = timedelta(days=30)
LOG_LENGTH = 20

# Tries of a worker: 5 s, 20 s, 80 s, … later, never more than 6 hours, for a day.
FIRST_DELAY, FACTOR, MAX_DELAY = 5.0, 4.0, 6 * 3600.0
JITTER = 0.2
GIVE_UP_AFTER = timedelta(days=1)
TRY_SECONDS = 15.0
# Whoever is sending has this long before another may.
CLAIM = timedelta(minutes=2)
# A message waits in the queue no longer than this; brokers don't like long delays.
MAX_WAIT = 300.0

# Without a worker: tries in the request itself, all of them within this time.
NOW_SECONDS = 4.0
NOW_TRIES = 2


def endpoint_create(
    *, user: User, url: str, events: list[str]
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, and its secret, which is shown once."""
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        user=user, url=url, events=events, sealed_secret=seal(secret)
    )
    return endpoint, secret


def secret_renew(*, endpoint: WebhookEndpoint) -> str:
    """A new secret; the old one signs nothing from now on."""
    secret = new_secret()
    endpoint.sealed_secret = seal(secret)
    endpoint.save(update_fields=["sealed_secret"])
    return secret


def endpoint_enable(*, endpoint: WebhookEndpoint) -> None:
    """Send to it again; what came meanwhile is not sent."""
    endpoint.disabled_at = None
    endpoint.save(update_fields=["disabled_at"])


def endpoint_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a test at once, and say how it went."""
    payload = _payload(WebhookEvent.TEST, {"message": "It works."})
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event=WebhookEvent.TEST,
        payload=payload,
        next_try_at=timezone.now() + CLAIM,
        attempts=1,
    )
    _try(delivery, seconds=NOW_SECONDS)
    if delivery.state == DeliveryState.PENDING:
        # Nobody waits for a test that failed.
        delivery.state = DeliveryState.FAILED
        delivery.save(update_fields=["state"])
    return delivery


def announce_batch(batch: Batch, **_: Any) -> None:
    """Write the messages about a finished batch; a receiver of `batch_finished`."""
    data = {
        "id": str(batch.pk),
        "state": batch.state,
        "created_at": batch.created_at.isoformat(),
        "finished_at": batch.finished_at and batch.finished_at.isoformat(),
        "url": _absolute(reverse("api:batch", args=[batch.pk])),
    }
    _announce(batch.owner_id, WebhookEvent.BATCH_FINISHED, data)


def announce_flip(prediction: Prediction, before: Prediction, **_: Any) -> None:
    """Write the messages about another verdict; a receiver of `verdict_flipped`."""
    submission = prediction.submission
    data = {
        "id": str(submission.pk),
        "external_id": submission.external_id or None,
        "label": prediction.verdict,
        "label_before": before.verdict,
        "model": {"name": prediction.model_name, "version": prediction.model_version},
        "page": _absolute(submission.get_absolute_url()),
    }
    _announce(submission.owner_id, WebhookEvent.SUBMISSION_RECHECKED, data)


def delivery_try(*, delivery_id: UUID) -> None:
    """One try of a message that is due, and the next in the queue; a worker's task.

    A message that is not due, or is being sent by somebody else, is left alone.
    """
    delivery = _claim(delivery_id)
    if delivery is not None:
        _try(delivery, seconds=TRY_SECONDS)
    else:
        delivery = WebhookDelivery.objects.filter(pk=delivery_id).first()
    if delivery is not None and delivery.state == DeliveryState.PENDING:
        left = (delivery.next_try_at - timezone.now()).total_seconds()
        enqueue(TASK, str(delivery_id), seconds=min(max(left, 1.0), MAX_WAIT))


def deliveries_send_due() -> int:
    """Send what is due; how many there were. For where a broker lost it, or is none."""
    due = list(_due().order_by("next_try_at").values_list("pk", flat=True))
    for pk in due:
        if not enqueue(TASK, str(pk)):
            delivery = _claim(pk)
            if delivery is not None:
                _try(delivery, seconds=TRY_SECONDS)
    return len(due)


def expired_deliveries() -> QuerySet[WebhookDelivery]:
    """The log of long ago; a nightly job deletes it."""
    return WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)


def _announce(user_id: int | None, event: WebhookEvent, data: dict[str, Any]) -> None:
    endpoints = WebhookEndpoint.objects.filter(user_id=user_id, disabled_at=None)
    payload = _payload(event, data)
    deliveries = [
        WebhookDelivery(endpoint=endpoint, event=event, payload=payload)
        for endpoint in endpoints
        if event in endpoint.events
    ]
    if deliveries:
        WebhookDelivery.objects.bulk_create(deliveries)
        ids = [delivery.pk for delivery in deliveries]
        transaction.on_commit(lambda: _send_all(ids), robust=True)


def _payload(event: WebhookEvent, data: dict[str, Any]) -> dict[str, Any]:
    timestamp = timezone.now().isoformat()
    return {"type": event.value, "timestamp": timestamp, "data": data}


def _absolute(path: str) -> str:
    return urljoin(settings.SITE_URL, path)


def _send_all(ids: list[UUID]) -> None:
    """Hand the messages over, or try them here without keeping anybody waiting."""
    deadline = time.monotonic() + NOW_SECONDS
    for pk in ids:
        if not enqueue(TASK, str(pk)):
            _try_now(pk, deadline)


def _try_now(delivery_id: UUID, deadline: float) -> None:
    delivery = _claim(delivery_id)
    for attempt in range(NOW_TRIES):
        seconds = deadline - time.monotonic()
        if delivery is None or delivery.state != DeliveryState.PENDING or seconds < 0.1:
            return
        if attempt:
            delivery.attempts += 1
        _try(delivery, seconds=seconds)


def _due() -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(
        state=DeliveryState.PENDING, next_try_at__lte=timezone.now()
    )


def _claim(delivery_id: UUID) -> WebhookDelivery | None:
    """The message, if it is due and nobody else has it."""
    until = timezone.now() + CLAIM
    mine = _due().filter(pk=delivery_id)
    if not mine.update(next_try_at=until, attempts=F("attempts") + 1):
        return None
    found = WebhookDelivery.objects.select_related("endpoint__user")
    return found.filter(pk=delivery_id).first()


def _try(delivery: WebhookDelivery, *, seconds: float) -> None:
    """Send it once and note what came of it."""
    endpoint = delivery.endpoint
    delivery.last_status, delivery.last_error = None, ""
    try:
        delivery.last_status = _send(delivery, seconds)
    except SecretLost:
        delivery.last_error = gettext("its secret cannot be read; make a new one")
    except Undeliverable as error:
        delivery.last_error = str(error)
    delivery.last_try_at = timezone.now()
    if delivery.last_status is not None and 200 <= delivery.last_status < 300:
        delivery.state = DeliveryState.DELIVERED
        endpoint.last_success_at = delivery.last_try_at
        endpoint.save(update_fields=["last_success_at"])
    else:
        _plan_next(delivery)
    delivery.save()


def _send(delivery: WebhookDelivery, seconds: float) -> int:
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    timestamp = int(time.time())
    signed = signature(
        secret=unseal(delivery.endpoint.sealed_secret),
        message_id=delivery.message_id,
        timestamp=timestamp,
        body=body,
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"AI-Image-Detector/{settings.APP_VERSION}",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }
    return post(delivery.endpoint.url, body, headers, seconds=seconds)


def _plan_next(delivery: WebhookDelivery) -> None:
    """When to try again; after a day, or a 410, never, and the endpoint is disabled."""
    delay = min(FIRST_DELAY * FACTOR ** (delivery.attempts - 1), MAX_DELAY)
    delay *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    delivery.next_try_at = timezone.now() + timedelta(seconds=delay)
    is_gone = delivery.last_status == 410
    is_over = delivery.next_try_at > delivery.created_at + GIVE_UP_AFTER
    if not (is_gone or is_over):
        return
    delivery.state = DeliveryState.FAILED
    success = delivery.endpoint.last_success_at
    if is_gone or success is None or success < delivery.created_at:
        _disable(delivery)


def _disable(delivery: WebhookDelivery) -> None:
    """Send nothing more, and tell the owner once."""
    endpoint = delivery.endpoint
    enabled = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at=None)
    endpoint.disabled_at = timezone.now()
    if not enabled.update(disabled_at=endpoint.disabled_at):
        return
    endpoint.deliveries.filter(state=DeliveryState.PENDING).exclude(
        pk=delivery.pk
    ).update(state=DeliveryState.FAILED)
    if not endpoint.user.email:
        return
    page = _absolute(reverse("accounts:webhook", args=[endpoint.pk]))
    context = {"endpoint": endpoint, "delivery": delivery, "page": page}
    send_mail(
        gettext("Your webhook was turned off"),
        render_to_string("accounts/email/webhook_disabled.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [endpoint.user.email],
        fail_silently=True,
    )
    logger.info("Disabled webhook endpoint %s.", endpoint.pk)
