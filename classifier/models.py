"""The rows: what was submitted, and what the detector said about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.batches_models import Batch as Batch
from classifier.batches_models import BatchItem as BatchItem
from classifier.batches_models import BatchState as BatchState
from classifier.batches_models import IdempotencyKey as IdempotencyKey
from classifier.copies_models import PrintBand as PrintBand
from classifier.copies_models import StoredPrint as StoredPrint
from classifier.dispute_models import Dispute as Dispute
from classifier.dispute_models import Evidence as Evidence
from classifier.limits_models import Counter as Counter
from classifier.limits_models import UserLimits as UserLimits
from classifier.originals_models import Original as Original
from classifier.sharing_models import ShareLink as ShareLink


class Verdict(models.TextChoices):
    """The detector's answer in one word."""

    AI = "ai", _("AI-generated")
    HUMAN = "human", _("Human-made")
    UNCERTAIN = "uncertain", _("Uncertain")


class Source(models.TextChoices):
    """The door a picture came through."""

    PAGE = "page", _("Upload page")
    API = "api", "API"


class Ground(models.TextChoices):
    """What a verdict rests on."""

    SCORE = "score", _("Estimate from the picture")
    CREDENTIAL = "credential", _("Trusted signature in the file")


class ScoredOn(models.TextChoices):
    """Which copy of a picture the network saw."""

    UPLOAD = "upload", _("The uploaded file")
    PREVIEW = "preview", _("The stored preview")


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Queries with a name."""

    def with_predictions(self) -> SubmissionQuerySet:
        """Fetch all predictions with one more query, newest first, and corrections."""
        newest_first = Prediction.objects.order_by("-created_at", "-pk")
        return self.select_related("correction").prefetch_related(
            Prefetch("predictions", queryset=newest_first)
        )


class FeedbackState(models.TextChoices):
    """What became of the newest appeal about a picture."""

    NONE = "none", _("No appeal")
    OPEN = "open", _("Waiting for a reviewer")
    UPHELD = "upheld", _("The verdict stands")
    CORRECTED = "corrected", _("The verdict was corrected")


class Submission(models.Model):
    """A picture somebody asked about.

    An owner has one submission per file content. Of an anonymous visitor's picture
    (`owner` is null) only the hash, the facts and the result are kept: no name and no
    preview; the same of an owner who chose so, see `classifier.keeping`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="submissions",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    original_name = models.CharField(max_length=255, blank=True)
    # The owner's own name for it; the default serves the version before (expand).
    external_id = models.CharField(
        max_length=100, blank=True, default="", db_default=""
    )
    sha256 = models.CharField(max_length=64)
    byte_size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    format = models.CharField(max_length=16)
    preview = models.FileField(max_length=200, null=True, blank=True)
    # Null for files from before their sizes were noted.
    preview_bytes = models.PositiveIntegerField(null=True, blank=True)
    correction = models.ForeignKey(
        "classifier.Dispute",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    # What histories are filtered and sorted by, copied from the newest prediction, its
    # appeals and the name: `classifier.history_columns` keeps it right. The defaults of
    # the database serve the version before while two run side by side.
    verdict = models.CharField(max_length=16, blank=True, default="", db_default="")
    final_verdict = models.CharField(
        max_length=16, blank=True, default="", db_default=""
    )
    ai_probability = models.FloatField(default=0.5, db_default=0.5)
    model = models.CharField(max_length=201, blank=True, default="", db_default="")
    feedback = models.CharField(
        max_length=16,
        choices=FeedbackState.choices,
        default=FeedbackState.NONE,
        db_default="none",
    )
    name_key = models.CharField(max_length=255, blank=True, default="", db_default="")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # It holds every column of a filter, so that a page of the history is found
            # without a look at the table, however few rows fit.
            models.Index(
                fields=[
                    *("owner", "-created_at", "-id"),
                    *("final_verdict", "verdict", "source", "feedback", "model"),
                    *("ai_probability", "name_key"),
                ],
                name="history_by_date",
            ),
            models.Index(
                fields=["owner", "ai_probability", "id"], name="history_by_score"
            ),
            models.Index(fields=["owner", "name_key", "id"], name="history_by_name"),
            models.Index(fields=["owner", "model"], name="history_models"),
            models.Index(fields=["sha256"], name="submission_sha256"),
            models.Index(
                fields=["owner", "external_id"],
                name="submission_external_id",
                condition=~Q(external_id=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "sha256"],
                condition=Q(owner__isnull=False),
                name="one_submission_per_owner_and_content",
            )
        ]

    def __str__(self) -> str:
        if self.original_name:
            return self.original_name
        return gettext("Picture %(start)s") % {"start": self.sha256[:12]}

    def get_absolute_url(self) -> str:
        """The result page."""
        return reverse("classifier:submission", args=[self.pk])

    @property
    def latest_prediction(self) -> Prediction:
        """The newest prediction; without a query after `with_predictions`."""
        predictions = self.predictions.all()
        if "predictions" not in getattr(self, "_prefetched_objects_cache", {}):
            predictions = predictions.order_by("-created_at", "-pk")[:1]
        return predictions[0]

    @property
    def flipped_from(self) -> Prediction | None:
        """The answer before the newest, where the two verdicts differ.

        Without a query after `with_predictions`.
        """
        newest_two = list(self.predictions.all()[:2])
        if len(newest_two) < 2 or newest_two[0].verdict == newest_two[1].verdict:
            return None
        return newest_two[1]

    @property
    def shown_verdict(self) -> str:
        """The final verdict; for a row that lacks it yet, see `history_columns`."""
        return self.final_verdict or self.latest_prediction.verdict

    @property
    def preview_url(self) -> str | None:
        """Where the owner finds the preview."""
        return reverse("api:preview", args=[self.pk]) if self.preview else None

    @property
    def is_tall(self) -> bool:
        """Whether a page should not widen the picture, because it is high enough."""
        return self.height > 1.5 * self.width


class Prediction(models.Model):
    """One model version's answer about one submission.

    Probabilities and thresholds are calibrated and in 0–1; `logit` is the network's
    raw answer. `model_sha256` is that of the file that ran, empty for old rows.
    `false_positive_rate` and `recall` are the card's, measured on validation at
    `ai_threshold`. `verdict` is the combined one, `rule` the row of
    `classifier.verdicts.RULES` that decided it and `score_verdict` what the thresholds
    alone give. `stability` is null until changed copies were judged, see
    `classifier.judging`.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="predictions"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    model_name = models.CharField(max_length=100)
    model_version = models.CharField(max_length=100)
    model_sha256 = models.CharField(max_length=64, blank=True)
    scored_on = models.CharField(
        max_length=8, choices=ScoredOn.choices, default=ScoredOn.UPLOAD
    )
    engine = models.CharField(max_length=16)
    ai_probability = models.FloatField()
    logit = models.FloatField()
    verdict = models.CharField(max_length=16, choices=Verdict.choices, db_index=True)
    # The defaults of the database serve the version before while two run side by side.
    score_verdict = models.CharField(
        max_length=16, choices=Verdict.choices, blank=True, default="", db_default=""
    )
    ground = models.CharField(
        max_length=16, choices=Ground.choices, default="score", db_default="score"
    )
    rule = models.CharField(max_length=32, default="score", db_default="score")
    stability = models.JSONField(null=True, blank=True)
    ai_threshold = models.FloatField()
    human_threshold = models.FloatField()
    false_positive_rate = models.FloatField(null=True, blank=True)
    recall = models.FloatField(null=True, blank=True)
    elapsed_ms = models.FloatField()
    provenance = models.JSONField(default=list, blank=True)
    heatmap = models.FileField(max_length=200, null=True, blank=True)
    heatmap_bytes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "model_name", "model_version", "scored_on"],
                name="one_prediction_per_model_version_and_copy",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.ai_probability:.0%})"

    @property
    def confidence(self) -> float:
        """The probability of the likelier side, in 0.5–1."""
        return max(self.ai_probability, 1 - self.ai_probability)

    @property
    def heatmap_url(self) -> str | None:
        """Where the owner finds the heat map of the newest prediction."""
        return (
            reverse("api:heatmap", args=[self.submission_id]) if self.heatmap else None
        )

    def answer(self) -> dict[str, Any]:
        """The fields that another submission of the same content may share."""
        own = {"id", "submission", "created_at", "heatmap", "heatmap_bytes"}
        fields = [f.name for f in self._meta.concrete_fields if f.name not in own]
        return {name: getattr(self, name) for name in fields}
