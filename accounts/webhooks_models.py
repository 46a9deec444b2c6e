"""The rows of webhooks: where to, and what was sent."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WebhookEvent(models.TextChoices):
    """What a site can tell about; the values are the `type` of a message."""

    BATCH_FINISHED = "batch.finished", _("A batch is finished")
    SUBMISSION_RECHECKED = (
        "submission.rechecked",
        _("A new model's verdict about a kept picture is another one"),
    )
    TEST = "test", _("Test")


SUBSCRIBABLE = [event for event in WebhookEvent if event != WebhookEvent.TEST]


class WebhookEndpoint(models.Model):
    """An address of a person's own program; `sealed_secret` is encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.URLField(max_length=500)
    events = models.JSONField(default=list)
    sealed_secret = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.url

    @property
    def event_labels(self) -> list[str]:
        """Its events in words."""
        return [str(WebhookEvent(event).label) for event in self.events]


class DeliveryState(models.TextChoices):
    """How a message fares."""

    PENDING = "pending", _("Will be tried again")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class WebhookDelivery(models.Model):
    """A message to one endpoint: written with what it tells about, sent afterwards.

    `next_try_at` is when a pending one is due; it also keeps two workers from sending
    at once. `last_status` is the HTTP status of the last try, null where there was no
    answer; `last_error` then says why.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.CharField(max_length=40, choices=WebhookEvent.choices)
    payload = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(
        max_length=12, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    last_try_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(
                fields=["endpoint", "-created_at"], name="webhook_delivery_log"
            ),
            models.Index(
                fields=["next_try_at"],
                name="webhook_delivery_due",
                condition=models.Q(state="pending"),
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"

    @property
    def message_id(self) -> str:
        """The same for every try: a receiver does nothing twice by it."""
        return f"msg_{self.id.hex}"

    @property
    def age(self) -> timedelta:
        """How long ago it was written."""
        return timezone.now() - self.created_at
