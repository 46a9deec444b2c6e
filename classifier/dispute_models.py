"""The rows of an appeal: a dispute about a verdict, and the evidence for it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class DisputeStatus(models.TextChoices):
    """How far an appeal has come; `classifier.disputes` holds the transitions."""

    OPEN = "open", _("Waiting for a reviewer")
    REVIEWED = "reviewed", _("Under review")
    UPHELD = "upheld", _("The verdict stands")
    CORRECTED = "corrected", _("The verdict was corrected")


class Truth(models.TextChoices):
    """What the owner says is true."""

    HUMAN = "human", _("People made it")
    AI = "ai", _("AI made it")


class ReviewLabel(models.TextChoices):
    """What a reviewer sees in the picture and the evidence."""

    HUMAN = "human", _("Human-made")
    AI = "ai", _("AI-generated")
    UNCERTAIN = "uncertain", _("Cannot be told")


class Dispute(models.Model):
    """An owner's appeal against one prediction.

    `reviewer_label` was given before the reviewer could see the verdict. Where the
    dispute is corrected, that label supersedes the verdict.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(
        "classifier.Submission", on_delete=models.CASCADE, related_name="disputes"
    )
    prediction = models.OneToOneField(
        "classifier.Prediction", on_delete=models.CASCADE, related_name="dispute"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(
        max_length=16, choices=DisputeStatus.choices, default=DisputeStatus.OPEN
    )
    truth = models.CharField(max_length=16, choices=Truth.choices)
    reason = models.TextField(max_length=2000)
    link = models.URLField(max_length=500, blank=True)
    training_consent = models.BooleanField(default=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="reviewed_disputes",
        null=True,
        blank=True,
    )
    reviewer_label = models.CharField(
        max_length=16, choices=ReviewLabel.choices, blank=True
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(max_length=2000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "created_at"], name="dispute_queue"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(status__in=["open", "reviewed"]),
                name="one_pending_dispute_per_submission",
            )
        ]

    def __str__(self) -> str:
        return f"Dispute {str(self.pk)[:8]}"

    @property
    def is_pending(self) -> bool:
        """Whether nobody has decided yet."""
        return self.decided_at is None


class Evidence(models.Model):
    """One file that speaks for an owner's side: any bytes, kept and never opened."""

    dispute = models.ForeignKey(
        Dispute, on_delete=models.CASCADE, related_name="evidence"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    file = models.FileField(max_length=200)
    name = models.CharField(max_length=255)
    byte_size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where the owner downloads it."""
        return reverse(
            "classifier:evidence", args=[self.dispute.submission_id, self.pk]
        )
