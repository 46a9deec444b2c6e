"""A submission as the history API sends it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.answer_serializers import (
    CorrectionSerializer,
    FlipSerializer,
    ImageSerializer,
    ModelSerializer,
    SignalSerializer,
)
from accounts.feedback_api import correction_of
from accounts.history_examples import SUBMISSION
from classifier.models import FeedbackState, Source, Submission, Verdict
from classifier.verdicts import reason_of


@extend_schema_serializer(examples=[SUBMISSION])
class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """A submission with its newest answer, in the words of `POST /predict`."""

    source = serializers.ChoiceField(Source.choices)
    name = serializers.CharField(source="original_name")
    external_id = serializers.SerializerMethodField(
        help_text="What the sender calls it; null without that."
    )
    label = serializers.ChoiceField(
        Verdict.choices,
        source="latest_prediction.verdict",
        help_text="What the model said.",
    )
    final_label = serializers.SerializerMethodField(
        help_text="A reviewer's where there is a correction, else the model's."
    )
    feedback = serializers.ChoiceField(FeedbackState.choices)
    ground = serializers.CharField(source="latest_prediction.ground")
    reason = serializers.SerializerMethodField()
    score_label = serializers.CharField(source="latest_prediction.score_verdict")
    ai_probability = serializers.FloatField(source="latest_prediction.ai_probability")
    confidence = serializers.FloatField(source="latest_prediction.confidence")
    model = serializers.SerializerMethodField()
    provenance = serializers.SerializerMethodField()
    stability = serializers.SerializerMethodField()
    image = serializers.SerializerMethodField()
    elapsed_ms = serializers.FloatField(source="latest_prediction.elapsed_ms")
    page = serializers.SerializerMethodField()
    scored_on = serializers.CharField(source="latest_prediction.scored_on")
    correction = serializers.SerializerMethodField()
    flipped_from = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = [
            *("id", "created_at", "source", "name", "external_id"),
            *("label", "final_label"),
            *("feedback", "ground", "reason", "score_label", "ai_probability"),
            *("confidence", "model", "provenance", "stability", "image"),
            *("elapsed_ms", "page", "scored_on", "correction", "flipped_from"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_external_id(self, submission: Submission) -> str | None:
        """What the sender calls it."""
        return submission.external_id or None

    @extend_schema_field(serializers.ChoiceField(Verdict.choices))
    def get_final_label(self, submission: Submission) -> str:
        """The label that counts."""
        correction = submission.correction
        if correction is not None:
            return correction.reviewer_label
        return submission.latest_prediction.verdict

    def get_reason(self, submission: Submission) -> str:
        """The ground of the label in a sentence."""
        return reason_of(submission.latest_prediction.rule)

    @extend_schema_field(ModelSerializer)
    def get_model(self, submission: Submission) -> dict[str, str]:
        """Which model gave the answer."""
        prediction = submission.latest_prediction
        return {"name": prediction.model_name, "version": prediction.model_version}

    @extend_schema_field(SignalSerializer(many=True))
    def get_provenance(self, submission: Submission) -> list[dict[str, Any]]:
        """What the file says of its origin."""
        return submission.latest_prediction.provenance

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_stability(self, submission: Submission) -> dict[str, Any] | None:
        """How firm the score is, where that was asked for."""
        return submission.latest_prediction.stability

    @extend_schema_field(ImageSerializer)
    def get_image(self, submission: Submission) -> dict[str, Any]:
        """The facts about the file."""
        return {
            name: getattr(submission, name)
            for name in ("width", "height", "format", "sha256", "byte_size")
        }

    @extend_schema_field(serializers.URLField())
    def get_page(self, submission: Submission) -> str:
        """The address of the result page."""
        return self.context["request"].build_absolute_uri(submission.get_absolute_url())

    @extend_schema_field(CorrectionSerializer(allow_null=True))
    def get_correction(self, submission: Submission) -> dict[str, Any] | None:
        """What supersedes the model's label."""
        return correction_of(submission)

    @extend_schema_field(FlipSerializer(allow_null=True))
    def get_flipped_from(self, submission: Submission) -> dict[str, Any] | None:
        """The answer before this one, where it had another label."""
        before = submission.flipped_from
        if before is None:
            return None
        return {
            "label": before.verdict,
            "ai_probability": before.ai_probability,
            "model": {"name": before.model_name, "version": before.model_version},
        }
