"""The history API of the Django REST framework: `/api/v1/history/`."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins, serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler
from rest_framework.viewsets import GenericViewSet

from accounts.feedback_api import FeedbackMixin, correction_of
from accounts.forms import HistoryFilterForm
from classifier.models import Submission, SubmissionQuerySet
from classifier.selectors import submissions_of
from classifier.verdicts import reason_of


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """A submission with its newest answer, in the words of `POST /predict`."""

    name = serializers.CharField(source="original_name")
    external_id = serializers.SerializerMethodField()
    label = serializers.CharField(source="latest_prediction.verdict")
    ground = serializers.CharField(source="latest_prediction.ground")
    reason = serializers.SerializerMethodField()
    score_label = serializers.CharField(source="latest_prediction.score_verdict")
    ai_probability = serializers.FloatField(source="latest_prediction.ai_probability")
    confidence = serializers.FloatField(source="latest_prediction.confidence")
    model = serializers.SerializerMethodField()
    provenance = serializers.JSONField(source="latest_prediction.provenance")
    stability = serializers.JSONField(source="latest_prediction.stability")
    image = serializers.SerializerMethodField()
    elapsed_ms = serializers.FloatField(source="latest_prediction.elapsed_ms")
    page = serializers.SerializerMethodField()
    scored_on = serializers.CharField(source="latest_prediction.scored_on")
    correction = serializers.SerializerMethodField()
    flipped_from = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = [
            "id",
            "created_at",
            "source",
            "name",
            "external_id",
            "label",
            "ground",
            "reason",
            "score_label",
            "ai_probability",
            "confidence",
            "model",
            "provenance",
            "stability",
            "image",
            "elapsed_ms",
            "page",
            "scored_on",
            "correction",
            "flipped_from",
        ]

    def get_external_id(self, submission: Submission) -> str | None:
        """What the sender calls it."""
        return submission.external_id or None

    def get_reason(self, submission: Submission) -> str:
        """The ground of the label in a sentence."""
        return reason_of(submission.latest_prediction.rule)

    def get_model(self, submission: Submission) -> dict[str, str]:
        """Which model gave the answer."""
        prediction = submission.latest_prediction
        return {"name": prediction.model_name, "version": prediction.model_version}

    def get_image(self, submission: Submission) -> dict[str, Any]:
        """The facts about the file."""
        return {
            name: getattr(submission, name)
            for name in ("width", "height", "format", "sha256", "byte_size")
        }

    def get_page(self, submission: Submission) -> str:
        """The address of the result page."""
        return self.context["request"].build_absolute_uri(submission.get_absolute_url())

    def get_correction(self, submission: Submission) -> dict[str, Any] | None:
        """What supersedes the model's label."""
        return correction_of(submission)

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


class HistoryPagination(CursorPagination):
    """Newest first; rows that arrive meanwhile shift nothing."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-created_at"


class HistoryViewSet(
    FeedbackMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Submission],
):
    """List (`?label=ai`), retrieve and delete one's own submissions."""

    serializer_class = SubmissionSerializer
    pagination_class = HistoryPagination
    lookup_value_converter = "uuid"

    def get_queryset(self) -> SubmissionQuerySet:
        """Only one's own: somebody else's id is not found."""
        return submissions_of(user=self.request.user)

    def filter_queryset(self, queryset: SubmissionQuerySet) -> SubmissionQuerySet:
        """Apply `?label=` and `?external_id=`; `ValidationError` for no label."""
        filters = HistoryFilterForm(self.request.query_params)
        if not filters.is_valid():
            raise ValidationError(
                {"detail": "label must be ai, human or uncertain."}, code="bad_label"
            )
        if external_id := self.request.query_params.get("external_id"):
            queryset = queryset.filter(external_id=external_id)
        label = filters.cleaned_data["label"]
        return queryset.filter(verdict=label) if label else queryset


def errors_with_code(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as `{"detail": sentence, "code": machine readable}`."""
    response = exception_handler(exc, context)
    if response is not None and isinstance(response.data, dict):
        detail = response.data.get("detail")
        if isinstance(detail, list):
            detail = response.data["detail"] = detail[0]
        fallback = exc.default_code if isinstance(exc, APIException) else "not_found"
        response.data["code"] = getattr(detail, "code", fallback)
    return response
