"""The JSON API of the detector: one picture in, one verdict out."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from ninja import Router

from classifier.callers import Caller, Scope, remember_submission
from classifier.idempotency import Reply, answer_once
from classifier.media import CONTENT_TYPE, media_response
from classifier.models import Source, Submission
from classifier.openapi import (
    IDEMPOTENCY_HEADER,
    OPTIONAL_SECURITY,
    UPLOAD_BODY,
    describe_errors,
)
from classifier.schemas import ErrorOut, PredictionOut, prediction_out
from classifier.selectors import submission_visible_to
from classifier.services import submission_create
from classifier.throttling import count_request
from classifier.uploads import external_id_of, uploaded_file

PREDICT_ERRORS = (400, 401, 403, 405, 409, 413, 415, 422, 429, 503)
MEDIA_ERRORS = (401, 403, 404, 405)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
WEBP = {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}

router = Router(tags=["Detector"])


class ApiRequest(HttpRequest):
    """A request after authentication."""

    auth: Caller


@router.post(
    "/predict",
    url_name="predict",
    operation_id="predict",
    summary="Judge a picture",
    response={200: PredictionOut, frozenset(PREDICT_ERRORS): ErrorOut},
    openapi_extra={
        "parameters": [IDEMPOTENCY_HEADER],
        "requestBody": UPLOAD_BODY,
        "responses": describe_errors(*PREDICT_ERRORS),
        "security": OPTIONAL_SECURITY,
    },
)
def predict(
    request: ApiRequest, stability: bool = False, external_id: str = ""
) -> JsonResponse:
    """Send one picture in the multipart field `file`.

    JPEG, PNG, WebP, AVIF, HEIC, GIF (first frame), BMP or TIFF, told apart by content.
    With a bearer token or a session the result joins your history and comes with a
    heat map; without one, nothing of the picture is kept but its hash and result.
    `?stability=1` also judges changed copies; a label that they contradict becomes
    `uncertain`. `external_id`, in the query or the form, is your own name for it.
    """
    caller = request.auth
    caller.require(Scope.PREDICT)

    def answer() -> Reply:
        count_request(request, caller.user)
        file = uploaded_file(request)
        answer = submission_create(
            owner=caller.user,
            data=file.read(),
            name=file.name or "",
            source=caller.source,
            stability=stability,
            external_id=external_id_of(request),
        )
        if caller.user is None and caller.source == Source.PAGE:
            remember_submission(request, answer.submission)
        return Reply(prediction_out(request, answer).model_dump(mode="json"))

    return answer_once(request, owner=caller.user, answer=answer)


@router.get(
    "/submissions/{uuid:submission_id}/preview",
    url_name="preview",
    operation_id="preview",
    summary="The preview of a picture of yours",
    response={frozenset(MEDIA_ERRORS): ErrorOut},
    openapi_extra={
        "responses": {
            200: {"description": "At most 1024 px", "content": WEBP},
            **describe_errors(*MEDIA_ERRORS),
        }
    },
)
def preview(request: ApiRequest, submission_id: UUID) -> HttpResponseBase:
    """A re-encoded copy without metadata; the original is not kept."""
    return media_response(_own(request, submission_id).preview)


@router.get(
    "/submissions/{uuid:submission_id}/heatmap",
    url_name="heatmap",
    operation_id="heatmap",
    summary="The heat map for a picture of yours",
    response={frozenset(MEDIA_ERRORS): ErrorOut},
    openapi_extra={
        "responses": {
            200: {"description": "Transparent overlay", "content": WEBP},
            **describe_errors(*MEDIA_ERRORS),
        }
    },
)
def heatmap(request: ApiRequest, submission_id: UUID) -> HttpResponseBase:
    """Orange speaks for AI, blue against it; stretch it over the picture."""
    return media_response(_own(request, submission_id).latest_prediction.heatmap)


def _own(request: ApiRequest, submission_id: UUID) -> Submission:
    """The caller's submission; a stranger's does not exist as far as they can see."""
    request.auth.require(Scope.HISTORY)
    user = request.auth.user
    found = user and submission_visible_to(
        user=user, session_ids=(), submission_id=submission_id
    )
    if not found:
        raise Http404
    return found


def refuse_other_methods(target: Router, path: str, *allowed: str) -> None:
    """Answer all methods but `allowed` with 405 in this API's form of errors."""
    methods = ", ".join(sorted(allowed))
    body = {"detail": f"Use {methods} here.", "code": "method_not_allowed"}

    def refuse(request: HttpRequest) -> HttpResponseBase:
        return JsonResponse(body, status=405, headers={"Allow": methods})

    def refuse_picture(request: HttpRequest, submission_id: UUID) -> HttpResponseBase:
        return refuse(request)

    def refuse_batch(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
        return refuse(request)

    view: Callable[..., HttpResponseBase] = refuse
    if "{" in path:
        view = refuse_batch if "batch_id" in path else refuse_picture
    target.add_api_operation(
        path,
        sorted(METHODS - set(allowed)),
        view,
        auth=None,
        include_in_schema=False,
    )


refuse_other_methods(router, "/predict", "POST")
refuse_other_methods(router, "/submissions/{uuid:submission_id}/preview", "GET")
refuse_other_methods(router, "/submissions/{uuid:submission_id}/heatmap", "GET")
