"""The JSON API of batches: up to 20 pictures in, one result or one error for each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, JsonResponse
from ninja import Router

from classifier.api import ApiRequest, refuse_other_methods
from classifier.batches import BatchFile, batch_accept, batch_judge
from classifier.batches_schemas import BatchOut, batch_out
from classifier.callers import Scope
from classifier.idempotency import Reply, answer_once
from classifier.models import Batch
from classifier.openapi import BATCH_BODY, IDEMPOTENCY_HEADER, describe_batch_errors
from classifier.problems import Problem, problem_of
from classifier.schemas import ErrorOut
from classifier.throttling import TooManyRequests, count_request, give_back_pictures
from classifier.uploads import BATCH_PATH, uploaded_batch

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

BATCH_ERRORS = (400, 401, 403, 405, 409, 413, 422, 429, 503)
READ_ERRORS = (401, 403, 404, 405)

router = Router(tags=["Batches"])


@router.post(
    BATCH_PATH,
    url_name="predict_batch",
    operation_id="predict_batch",
    summary="Judge up to 20 pictures",
    response={200: BatchOut, 202: BatchOut, frozenset(BATCH_ERRORS): ErrorOut},
    openapi_extra={
        "parameters": [IDEMPOTENCY_HEADER],
        "requestBody": BATCH_BODY,
        "responses": describe_batch_errors(*BATCH_ERRORS),
    },
)
def predict_batch(
    request: ApiRequest, stability: bool = False, background: bool = False
) -> JsonResponse:
    """Send 1 to 20 pictures, each in a multipart field `files`.

    What is wrong with one of them is its own `error`, and the answer is 200 all the
    same. `?background=1`, or the header `Prefer: respond-async`, answers 202 at once
    where the site has workers: ask `url` again, or have a webhook call you.
    """
    caller = request.auth
    caller.require(Scope.PREDICT)
    later = background or _prefers_async(request)

    def answer() -> Reply:
        work = batch_accept if later else batch_judge
        files = _counted(request, uploaded_batch(request))
        batch = work(
            owner=caller.user,
            files=files,
            source=caller.source,
            stability=stability,
        )
        out = batch_out(request, batch)
        body = out.model_dump(mode="json")
        if not later:
            # Those over a limit were never counted.
            refused = sum(file.problem is not None for file in files)
            give_back_pictures(request, out.counts.failed - refused)
            return Reply(body)
        headers = {"Location": out.url, "Preference-Applied": "respond-async"}
        return Reply(body, 202, headers)

    return answer_once(request, owner=caller.user, answer=answer)


@router.get(
    f"{BATCH_PATH}/{{uuid:batch_id}}",
    url_name="batch",
    operation_id="batch",
    summary="A batch of yours",
    response={200: BatchOut, frozenset(READ_ERRORS): ErrorOut},
    openapi_extra={"responses": describe_batch_errors(*READ_ERRORS)},
)
def batch(request: ApiRequest, batch_id: UUID) -> JsonResponse:
    """What has come of it so far; finished batches are kept for 30 days."""
    request.auth.require(Scope.PREDICT)
    found = Batch.objects.filter(owner=request.auth.user, pk=batch_id).first()
    if found is None:
        raise Http404
    return JsonResponse(batch_out(request, found).model_dump(mode="json"))


def _prefers_async(request: ApiRequest) -> bool:
    """RFC 7240: preferences are separated by commas and may have parameters."""
    preferences = request.headers.get("Prefer", "").split(",")
    return any(p.split(";")[0].strip() == "respond-async" for p in preferences)


def _counted(
    request: ApiRequest, files: list[tuple[UploadedFile, str]]
) -> list[BatchFile]:
    """Count each file as a request; those over the limit are refused unseen.

    Raises `TooManyRequests` where the first is over it already.
    """
    counted: list[BatchFile] = []
    over: Problem | None = None
    for file, external_id in files:
        try:
            if over is None:
                count_request(request, request.auth.user)
        except TooManyRequests as error:
            if not counted:
                raise
            over = problem_of(error)
        counted.append(BatchFile(file, external_id, over))
    return counted


refuse_other_methods(router, BATCH_PATH, "POST")
refuse_other_methods(router, f"{BATCH_PATH}/{{uuid:batch_id}}", "GET")
