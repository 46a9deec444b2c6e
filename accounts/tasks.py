"""What workers do for this app; only they import it."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any
from uuid import UUID

from celery import shared_task

from accounts.queued_mail import send_now
from accounts.webhooks import deliveries_send_due, delivery_try


@shared_task
def deliver_webhook(delivery_id: str) -> None:
    """One try; the next one is another task, so that none waits for hours."""
    delivery_try(delivery_id=UUID(delivery_id))


@shared_task
def deliver_due_webhooks() -> None:
    """Take up messages that a broker or a worker lost."""
    deliveries_send_due()


@shared_task(
    autoretry_for=(SMTPException, OSError),
    max_retries=8,
    retry_backoff=10,
    retry_backoff_max=300,
    retry_jitter=True,
)
def send_message(message: dict[str, Any]) -> None:
    """Send one e-mail. Its Message-ID stays the same should it be sent twice."""
    send_now(message)
