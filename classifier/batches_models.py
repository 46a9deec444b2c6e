"""The rows of a batch, and of a request that may be sent twice."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class BatchState(models.TextChoices):
    """How far a batch has come."""

    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Being judged"
    DONE = "done", "Finished"


class Batch(models.Model):
    """Several files that an owner sent in one request; each becomes an item."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="batches"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # When a worker last did something about it.
    touched_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=8, choices=BatchState.choices, default=BatchState.QUEUED
    )
    source = models.CharField(max_length=8)
    stability = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "batches"
        indexes = [
            models.Index(
                fields=["touched_at"],
                name="batch_unfinished",
                condition=~models.Q(state="done"),
            ),
            models.Index(fields=["created_at"], name="batch_age"),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk} ({self.get_state_display().lower()})"


class BatchItem(models.Model):
    """One file of a batch, in its place, and what came of it.

    Settled once `done_at` is set: with a `prediction`, which goes when its owner
    deletes the result, or with a `code`, a sentence and the HTTP status of the error.
    `file` holds the bytes until then where a worker is to judge them.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255, blank=True)
    external_id = models.CharField(max_length=100, blank=True)
    file = models.FileField(max_length=200, null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    prediction = models.ForeignKey(
        "classifier.Prediction",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    cached = models.BooleanField(default=False)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    retry_after = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["batch", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "position"], name="one_batch_item_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"File {self.position + 1} of {self.batch_id}"


class IdempotencyKey(models.Model):
    """A request that its sender may send again, and the answer it got.

    Without `status` the request is still being answered, since `locked_at`.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    locked_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    headers = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"], name="one_idempotency_key_per_owner"
            )
        ]

    def __str__(self) -> str:
        return self.key
