"""What the document of the history API says beyond the types of its serializers."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers

from accounts.feedback_api import FeedbackSerializer
from accounts.history_examples import FEEDBACK, FEEDBACK_REQUEST, error_example
from accounts.history_selectors import SORTS
from accounts.history_serializers import SubmissionSerializer
from classifier.dispute_models import Truth
from classifier.models import FeedbackState, Source, Verdict

TITLE = "AI image detector: history"


class BearerScheme(OpenApiAuthenticationExtension):
    """How a program says who it is."""

    target_class = "accounts.auth.BearerAuthentication"
    name = "BearerToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A token of the account's page."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from /accounts/tokens/.",
        }


class ErrorSerializer(serializers.Serializer):
    """Every error; go by the status and `code`."""

    detail = serializers.CharField(help_text="A sentence that says what to do.")
    code = serializers.CharField(help_text="Machine readable, and stable.")


class FeedbackRequestSerializer(serializers.Serializer):
    """An appeal against the newest answer."""

    truth = serializers.ChoiceField(Truth.choices)
    reason = serializers.CharField(max_length=2000)
    link = serializers.URLField(required=False, max_length=500)
    training_consent = serializers.BooleanField(required=False)


class FeedbackFormSerializer(FeedbackRequestSerializer):
    """The same as a form, which may carry a file."""

    evidence = serializers.FileField(required=False)


def _error(description: str, *codes: tuple[str, str]) -> OpenApiResponse:
    examples = [error_example(detail, code) for code, detail in codes]
    return OpenApiResponse(ErrorSerializer, description, examples)


UNAUTHENTICATED = _error(
    "No credentials, or a token that is not valid.",
    ("not_authenticated", "Authentication credentials were not provided."),
    ("authentication_failed", "Invalid token."),
)
FORBIDDEN = _error(
    "The CSRF check of a session failed.",
    ("permission_denied", "CSRF Failed: CSRF token missing."),
)
NOT_FOUND = _error(
    "Nothing there, or nothing of yours.",
    ("not_found", "No Submission matches the given query."),
)
THROTTLED = _error(
    "More requests than THROTTLE_USER; see `Retry-After`.",
    ("throttled", "Request was throttled. Expected available in 12 seconds."),
)
BAD_FILTER = _error(
    "A parameter of the list is wrong.",
    ("bad_label", "label must be ai, human or uncertain."),
    ("bad_filter", "date_from: Enter a valid date."),
    ("bad_cursor", "The cursor is not valid. Start again without it."),
)
BAD_FEEDBACK = _error(
    "A field is missing or wrong.",
    ("bad_feedback", "truth: This field is required."),
    ("same_verdict", "The verdict says so already: Human-made. Choose the other."),
)
CONFLICT = _error(
    "The state of the appeal doesn't allow it.",
    (
        "already_pending",
        "Your appeal is waiting for a reviewer already; add evidence to it instead.",
    ),
)


def _choice(name: str, values: list[str], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, enum=values, description=description)


FILTERS = [
    OpenApiParameter(
        "search", str, description="Part of the file's name, in any case of letters."
    ),
    _choice(
        "verdict",
        Verdict.values,
        "The final one: a reviewer's where there is a correction.",
    ),
    _choice("label", Verdict.values, "The model's own, whatever a reviewer said."),
    OpenApiParameter("external_id", str, description="What the sender calls it."),
    _choice("source", Source.values, "The door the picture came through."),
    OpenApiParameter(
        "model", str, description="Name and version of the newest answer's model."
    ),
    _choice("feedback", FeedbackState.values, "The state of the newest appeal."),
    OpenApiParameter("date_from", OpenApiTypes.DATE, description="First day, in UTC."),
    OpenApiParameter("date_to", OpenApiTypes.DATE, description="Last day, in UTC."),
    _choice("sort", list(SORTS), "The order; the newest first if absent."),
]

_common = {401: UNAUTHENTICATED, 429: THROTTLED}
_one = {**_common, 404: NOT_FOUND}
_feedback = [
    extend_schema(
        methods=["GET"],
        summary="Your appeals about a submission",
        responses={200: FeedbackSerializer(many=True), **_one},
        examples=[FEEDBACK],
    ),
    extend_schema(
        methods=["POST"],
        summary="Say that the verdict is wrong",
        request={
            "application/json": FeedbackRequestSerializer,
            "multipart/form-data": FeedbackFormSerializer,
        },
        responses={
            201: FeedbackSerializer,
            **_one,
            400: BAD_FEEDBACK,
            403: FORBIDDEN,
            409: CONFLICT,
        },
        examples=[FEEDBACK, FEEDBACK_REQUEST],
    ),
]
document_history = extend_schema_view(
    list=extend_schema(
        summary="Your submissions",
        description="Follow `next` until it is null; rows that arrive meanwhile shift "
        "nothing.",
        parameters=FILTERS,
        responses={
            200: SubmissionSerializer(many=True),
            **_common,
            400: BAD_FILTER,
        },
    ),
    retrieve=extend_schema(
        summary="One submission",
        responses={200: SubmissionSerializer, **_one},
    ),
    destroy=extend_schema(
        summary="Delete a submission with its files",
        responses={204: None, **_one, 403: FORBIDDEN},
    ),
    feedback=_feedback,
    receipt=extend_schema(
        summary="The signed receipt of the newest answer",
        responses={
            200: OpenApiTypes.OBJECT,
            **_common,
            404: _error(
                "Nothing of yours, or the site has no signing key.",
                ("not_found", "No Submission matches the given query."),
                ("receipts_off", "This site signs no receipts."),
            ),
        },
    ),
)


@require_safe
def history_docs(request: HttpRequest) -> HttpResponse:
    """The document for people, by the copy of Swagger UI that django-ninja brings."""
    address = {"url": reverse("accounts:history_openapi")}
    context = {
        "api": {"title": TITLE},
        "swagger_settings": json.dumps(address),
        "add_csrf": True,
    }
    return render(request, "ninja/swagger.html", context)
