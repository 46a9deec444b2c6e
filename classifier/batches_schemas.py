"""What the JSON API sends about a batch."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from django.urls import reverse
from ninja import Field, Schema

from classifier.models import Batch, BatchItem, BatchState
from classifier.schemas import ErrorOut, PredictionOut, prediction_out
from classifier.services import Answer

if TYPE_CHECKING:
    from django.http import HttpRequest


class BatchErrorOut(ErrorOut):
    """Why one file of a batch has no result; as `POST /predict` would have said it."""

    status: int = Field(description="The status of `POST /predict`", examples=[415])
    retry_after: int | None = Field(
        description="Seconds to wait, where sending the file again helps"
    )


class BatchItemOut(Schema):
    """One file: a result, an error, or neither while it waits."""

    index: int = Field(description="Its place in the request, from 0")
    name: str = Field(description="The name it was sent with", examples=["a.jpg"])
    external_id: str | None = Field(description="The sender's own name for it")
    result: PredictionOut | None
    error: BatchErrorOut | None


class BatchCountsOut(Schema):
    """How many files have which outcome; `total` is the sum of the others."""

    total: int = Field(examples=[2])
    judged: int = Field(examples=[1])
    failed: int = Field(examples=[1])
    waiting: int = Field(examples=[0])


class BatchOut(Schema):
    """A batch, in the order of the request."""

    id: UUID
    state: Literal["queued", "running", "done"]
    created_at: datetime
    finished_at: datetime | None
    url: str = Field(description="Where to ask for it again, for 30 days")
    counts: BatchCountsOut
    items: list[BatchItemOut]


DELETED = BatchErrorOut(
    status=404,
    code="deleted",
    detail="The result of this file was deleted.",
    retry_after=None,
)


def batch_out(request: HttpRequest, batch: Batch) -> BatchOut:
    """The batch as the API shows it, with three queries whatever its size."""
    rows = batch.items.select_related(
        "prediction__submission__correction", "prediction__submission"
    )
    items = [_item_out(request, item) for item in rows.order_by("position")]
    judged = sum(item.result is not None for item in items)
    failed = sum(item.error is not None for item in items)
    return BatchOut(
        id=batch.pk,
        state=BatchState(batch.state).value,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
        url=request.build_absolute_uri(reverse("api:batch", args=[batch.pk])),
        counts=BatchCountsOut(
            total=len(items),
            judged=judged,
            failed=failed,
            waiting=len(items) - judged - failed,
        ),
        items=items,
    )


def _item_out(request: HttpRequest, item: BatchItem) -> BatchItemOut:
    result = error = None
    if item.prediction is not None:
        answer = Answer(item.prediction.submission, item.prediction, item.cached)
        result = prediction_out(request, answer)
    elif item.code:
        error = BatchErrorOut(
            status=item.status,
            code=item.code,
            detail=item.detail,
            retry_after=item.retry_after,
        )
    elif item.done_at is not None:
        error = DELETED
    return BatchItemOut(
        index=item.position,
        name=item.name,
        external_id=item.external_id or None,
        result=result,
        error=error,
    )
