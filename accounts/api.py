"""The history API of the Django REST framework: `/api/v1/history/`."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import exception_handler
from rest_framework.viewsets import GenericViewSet

from accounts.feedback_api import FeedbackMixin
from accounts.history_forms import HistoryApiFilterForm
from accounts.history_pages import BadCursor, history_page
from accounts.history_schema import document_history
from accounts.history_selectors import history_of
from accounts.history_serializers import SubmissionSerializer
from classifier.models import Submission, SubmissionQuerySet
from classifier.selectors import submissions_of


class HistoryPagination(BasePagination):
    """Pages that begin behind a row; rows that arrive meanwhile shift nothing."""

    page_size = 50

    def paginate_queryset(
        self,
        queryset: SubmissionQuerySet,
        request: Request,
        view: HistoryViewSet,
    ) -> list[Submission]:
        """The rows of the page; raises `ValidationError` for a wrong cursor."""
        form = view.filter_form()
        try:
            self._page = history_page(
                queryset,
                sort=form.order,
                cursor=request.query_params.get("cursor", ""),
                size=form.cleaned_data["limit"] or self.page_size,
            )
        except BadCursor as error:
            raise ValidationError(
                {"detail": "The cursor is not valid. Start again without it."},
                code="bad_cursor",
            ) from error
        self._url = request.build_absolute_uri()
        return self._page.rows

    def get_paginated_response(self, data: list[dict[str, Any]]) -> Response:
        """The page between the addresses of its neighbours."""
        return Response(
            {
                "next": self._address(self._page.next),
                "previous": self._address(self._page.previous),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same for the document."""
        example = "https://detector.example.org/api/v1/history/?cursor=WyIyMDI2LTEx"
        address = {
            "type": ["string", "null"],
            "format": "uri",
            "example": example,
        }
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(
        self, view: HistoryViewSet
    ) -> list[dict[str, Any]]:
        """What turns the pages."""
        return [
            _parameter("cursor", "From `next` or `previous`.", {"type": "string"}),
            _parameter(
                "limit",
                "Rows of a page.",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": HistoryApiFilterForm.MAX_LIMIT,
                    "default": self.page_size,
                },
            ),
        ]

    def _address(self, cursor: str | None) -> str | None:
        return cursor and replace_query_param(
            remove_query_param(self._url, "cursor"), "cursor", cursor
        )


def _parameter(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": schema,
    }


@document_history
class HistoryViewSet(
    FeedbackMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Submission],
):
    """List, retrieve and delete one's own submissions."""

    serializer_class = SubmissionSerializer
    pagination_class = HistoryPagination
    lookup_value_converter = "uuid"

    def get_queryset(self) -> SubmissionQuerySet:
        """Only one's own: somebody else's id is not found."""
        return submissions_of(user=self.request.user)

    def filter_queryset(self, queryset: SubmissionQuerySet) -> SubmissionQuerySet:
        """What a list shows; a single one is found whatever the parameters."""
        if self.action != "list":
            return queryset
        return history_of(user=self.request.user, filters=self.filter_form().filters)

    def filter_form(self) -> HistoryApiFilterForm:
        """The parameters of the list; raises `ValidationError` for a wrong one."""
        form = HistoryApiFilterForm(self.request.query_params)
        if form.is_valid():
            return form
        if "label" in form.errors:
            raise ValidationError(
                {"detail": "label must be ai, human or uncertain."}, code="bad_label"
            )
        field, errors = next(iter(form.errors.items()))
        raise ValidationError({"detail": f"{field}: {errors[0]}"}, code="bad_filter")


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
