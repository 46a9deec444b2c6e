"""`/api/v1/history/{id}/feedback/` and `…/receipt/`: appeal, and take a receipt."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.answer_serializers import DisputedSerializer
from classifier.appeal_forms import DisputeForm
from classifier.disputes import DisputeRefused, dispute_open
from classifier.models import Dispute, Evidence, Submission, Verdict
from classifier.receipts import ReceiptsOff, receipt_for


class Conflict(APIException):
    """The state of the appeal doesn't allow it."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    """A file; its bytes are downloaded from the result's page."""

    class Meta:
        model = Evidence
        fields = ["name", "byte_size", "sha256", "created_at"]
        read_only_fields = fields


class FeedbackSerializer(serializers.ModelSerializer[Dispute]):
    """An appeal as its owner sees it: the label shows when it is decided."""

    link = serializers.CharField(read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)
    disputed = serializers.SerializerMethodField()
    correction = serializers.SerializerMethodField()

    class Meta:
        model = Dispute
        fields = [
            "id",
            "status",
            "created_at",
            "truth",
            "reason",
            "link",
            "training_consent",
            "evidence",
            "disputed",
            "reviewed_at",
            "decided_at",
            "decision_note",
            "correction",
        ]
        read_only_fields = fields

    @extend_schema_field(DisputedSerializer)
    def get_disputed(self, dispute: Dispute) -> dict[str, str]:
        """The answer that the appeal is about."""
        prediction = dispute.prediction
        model = {"name": prediction.model_name, "version": prediction.model_version}
        return {"label": prediction.verdict, "model": model}

    @extend_schema_field(serializers.ChoiceField(Verdict.choices, allow_null=True))
    def get_correction(self, dispute: Dispute) -> str | None:
        """The label that supersedes it, if any."""
        return dispute.reviewer_label if dispute.status == "corrected" else None


def correction_of(submission: Submission) -> dict[str, Any] | None:
    """What supersedes the model's label, or None."""
    correction = submission.correction
    if correction is None:
        return None
    return {
        "label": correction.reviewer_label,
        "note": correction.decision_note,
        "decided_at": correction.decided_at,
    }


class FeedbackMixin:
    """Two more addresses below each submission of the history."""

    @action(
        detail=True,
        methods=["get", "post"],
        parser_classes=[JSONParser, MultiPartParser, FormParser],
        filter_backends=[],
        pagination_class=None,
    )
    def feedback(self, request: Request, pk: str) -> Response:
        """List one's appeals about a submission, or make one."""
        submission: Submission = self.get_object()
        if request.method == "POST":
            return Response(
                FeedbackSerializer(_opened(submission, request)).data,
                status=status.HTTP_201_CREATED,
            )
        found = submission.disputes.select_related("prediction")
        rows = found.prefetch_related("evidence")
        return Response(FeedbackSerializer(rows, many=True).data)

    @action(detail=True, methods=["get"])
    def receipt(self, request: Request, pk: str) -> Response:
        """The signed receipt of the newest answer."""
        submission: Submission = self.get_object()
        try:
            receipt = receipt_for(
                submission=submission, prediction=submission.latest_prediction
            )
        except ReceiptsOff as error:
            raise NotFound(str(error), code="receipts_off") from error
        return Response(receipt)


def _opened(submission: Submission, request: Request) -> Dispute:
    data = request.data if isinstance(request.data, dict) else {}
    form = DisputeForm(data, request.FILES)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise ValidationError({"detail": f"{field}: {errors[0]}"}, code="bad_feedback")
    try:
        return dispute_open(submission=submission, **form.cleaned_data)
    except DisputeRefused as error:
        if error.code == "same_verdict":
            raise ValidationError({"detail": str(error)}, code=error.code) from error
        raise Conflict(str(error), code=error.code) from error
