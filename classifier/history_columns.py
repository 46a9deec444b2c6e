"""The columns of a submission that a history is filtered and sorted by.

They repeat what the newest prediction, the appeals and the name say, so that no page of
a long history asks for each row. Whatever changes those calls `history_refresh` in the
same transaction. A release from before the columns leaves them as they were; while it
still ran, such rows came to be, and `history_repair` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import (
    Case,
    CharField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat

from classifier.dispute_models import Dispute, DisputeStatus
from classifier.models import FeedbackState, Prediction, Submission

BATCH = 1000
# What is computed by the database; `name_key` is not, as SQLite folds only ASCII.
_COMPUTED = ("verdict", "final_verdict", "ai_probability", "model", "feedback")
_FEEDBACK = {
    DisputeStatus.OPEN: FeedbackState.OPEN,
    DisputeStatus.REVIEWED: FeedbackState.OPEN,
    DisputeStatus.UPHELD: FeedbackState.UPHELD,
    DisputeStatus.CORRECTED: FeedbackState.CORRECTED,
}


def first_columns(*, prediction: Prediction, name: str = "") -> dict[str, Any]:
    """The columns of a new submission, whose one prediction this is."""
    return {
        "verdict": prediction.verdict,
        "final_verdict": prediction.verdict,
        "ai_probability": prediction.ai_probability,
        "model": model_label(prediction.model_name, prediction.model_version),
        "name_key": name_key(name),
    }


def model_label(name: str, version: str) -> str:
    """A model version in one word, as filters and exports name it."""
    return f"{name} {version}"


def name_key(name: str) -> str:
    """What a name is searched and sorted by: without a difference of case."""
    return name.casefold()[:255]


def history_refresh(*, submission_id: UUID) -> None:
    """Compute the columns anew; call it inside the transaction of what changed them.

    The row is locked before anything is read, or of two changes at once the second
    would not see the first.
    """
    rows = Submission.objects.filter(pk=submission_id)
    with transaction.atomic():
        if rows.select_for_update(no_key=True).values_list("pk").first():
            rows.update(**_expressions())


def history_repair(*, progress: Callable[[int], object] | None = None) -> int:
    """Put right what an older release wrote; returns how many rows that were."""
    repaired = 0
    for batch in _batches():
        wrong = [row for row in batch if _is_wrong(row)]
        for row in wrong:
            with transaction.atomic():
                Submission.objects.filter(pk=row["pk"]).update(
                    name_key=name_key(row["original_name"])
                )
                history_refresh(submission_id=row["pk"])
        repaired += len(wrong)
        if progress:
            progress(len(batch))
    return repaired


def _batches() -> Iterator[Sequence[dict[str, Any]]]:
    """Every submission that has an answer, with its columns as they should be."""
    wanted = {f"wanted_{name}": value for name, value in _expressions().items()}
    rows: QuerySet[Submission] = Submission.objects.order_by("pk").annotate(**wanted)
    fields = ("pk", "original_name", "name_key", *_COMPUTED, *wanted)
    last = None
    while True:
        rest = rows.filter(pk__gt=last) if last else rows
        batch = list(rest.values(*fields)[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1]["pk"]


def _is_wrong(row: dict[str, Any]) -> bool:
    return row["name_key"] != name_key(row["original_name"]) or any(
        row[name] != row[f"wanted_{name}"] for name in _COMPUTED
    )


def _expressions() -> dict[str, Any]:
    newest = Prediction.objects.filter(submission=OuterRef("pk")).order_by(
        "-created_at", "-pk"
    )
    verdict = Coalesce(Subquery(newest.values("verdict")[:1]), Value(""))
    correction = Dispute.objects.filter(pk=OuterRef("correction_id"))
    appeals = Dispute.objects.filter(submission=OuterRef("pk")).order_by(
        "-created_at", "-pk"
    )
    state = Case(
        *[When(status=status, then=Value(kept)) for status, kept in _FEEDBACK.items()],
        output_field=CharField(),
    )
    label = Concat(F("model_name"), Value(" "), F("model_version"))
    return {
        "verdict": verdict,
        "final_verdict": Coalesce(
            Subquery(correction.values("reviewer_label")[:1]), verdict
        ),
        "ai_probability": Coalesce(
            Subquery(newest.values("ai_probability")[:1]), Value(0.5)
        ),
        "model": Coalesce(
            Subquery(newest.annotate(label=label).values("label")[:1]), Value("")
        ),
        "feedback": Coalesce(
            Subquery(appeals.annotate(state=state).values("state")[:1]),
            Value(FeedbackState.NONE),
        ),
    }
