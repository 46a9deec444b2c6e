"""A new model judges the pictures that are kept: their previews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from classifier.background import enqueue
from classifier.capacity import inference_slot
from classifier.detector_provider import get_detector
from classifier.events import verdict_flipped
from classifier.files import store_file
from classifier.history_columns import history_refresh
from classifier.inference.bundle import ModelCard
from classifier.inference.detector import Detector
from classifier.inference.heatmap import render_overlay
from classifier.judging import new_prediction, stored_credential
from classifier.models import Prediction, ScoredOn, Submission
from classifier.previews import read_preview

TASK = "classifier.tasks.rescore_chunk"
# Pictures in one task: well within its time limit, and seldom done twice.
CHUNK = 50


class Outcome(Enum):
    """What became of one picture that was to be judged again."""

    JUDGED = "judged"
    SAME_MODEL = "same_model"
    NO_PREVIEW = "no_preview"
    GONE = "gone"


@dataclass(frozen=True)
class Rechecked:
    """`before` and `after` are the two answers where there is a new one."""

    outcome: Outcome
    before: Prediction | None = None
    after: Prediction | None = None

    @property
    def is_flip(self) -> bool:
        """Whether the new answer has another verdict."""
        return bool(
            self.before and self.after and self.before.verdict != self.after.verdict
        )


@dataclass
class Rescored:
    """`flips` counts (verdict before, verdict now); `unreadable` lost their preview."""

    scored: int = 0
    unreadable: int = 0
    flips: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, one: Rechecked) -> None:
        """Count what became of one picture."""
        self.unreadable += one.outcome is Outcome.NO_PREVIEW
        self.scored += one.outcome is Outcome.JUDGED
        if one.is_flip:
            self.flips[one.before.verdict, one.after.verdict] += 1


def submissions_to_rescore(*, card: ModelCard) -> QuerySet[Submission]:
    """Pictures with a preview that this model version has not judged, oldest first.

    Neither on the upload nor on the preview: that makes a second run do what is left.
    """
    judged = Prediction.objects.filter(
        submission=OuterRef("pk"), model_name=card.name, model_version=card.version
    )
    kept = Submission.objects.filter(owner__isnull=False, preview__gt="")
    return kept.exclude(Exists(judged)).order_by("created_at", "pk")


def rescore(
    *,
    detector: Detector,
    limit: int | None = None,
    dry_run: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Rescored:
    """Store the detector's answer beside the ones before; `dry_run` only counts.

    Each picture is a transaction of its own, so a run that is stopped loses nothing.
    Raises a `ModelError` when the network cannot answer.
    """
    result = Rescored()
    pending = submissions_to_rescore(card=detector.card).values_list("pk", flat=True)
    for pk in list(pending[:limit]):
        result.add(rescore_one(submission_id=pk, detector=detector, dry_run=dry_run))
        if progress:
            progress(1)
    return result


def rescore_later(*, limit: int | None = None) -> tuple[int, int]:
    """Give all that is left to workers, a few pictures a task.

    How many pictures there are, and how many were judged here for want of a worker.
    Raises a `ModelError` when the network cannot answer.
    """
    pending = submissions_to_rescore(card=get_detector().card)
    ids = [str(pk) for pk in pending.values_list("pk", flat=True)[:limit]]
    judged_here = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        if not enqueue(TASK, chunk):
            judged_here += len(chunk)
            rescore_pictures(submission_ids=[UUID(pk) for pk in chunk])
    return len(ids), judged_here


def rescore_pictures(*, submission_ids: list[UUID]) -> Rescored:
    """Judge these by the detector in use; what it has judged already is left out."""
    detector = get_detector()
    result = Rescored()
    pending = submissions_to_rescore(card=detector.card).filter(pk__in=submission_ids)
    for pk in list(pending.values_list("pk", flat=True)):
        result.add(rescore_one(submission_id=pk, detector=detector))
    return result


def rescore_one(
    *, submission_id: UUID, detector: Detector, dry_run: bool = False
) -> Rechecked:
    """Judge one stored preview, unless this model version has judged the picture.

    Raises a `ModelError` when the network cannot answer and `Overloaded` when too many
    pictures wait.
    """
    found = Submission.objects.with_predictions().filter(pk=submission_id)
    submission = found.first()
    if submission is None:  # deleted meanwhile
        return Rechecked(Outcome.GONE)
    if is_judged_by(submission=submission, card=detector.card):
        return Rechecked(Outcome.SAME_MODEL)
    image = read_preview(submission)
    if image is None:
        return Rechecked(Outcome.NO_PREVIEW)
    before = submission.latest_prediction
    with inference_slot():
        detection = detector.detect_image(image)
    # What the file said was read from the original, which is gone.
    after = new_prediction(
        detector=detector,
        detection=detection,
        findings=before.provenance,
        credential=stored_credential(before),
    )
    after.submission = submission
    after.scored_on = ScoredOn.PREVIEW
    if not dry_run and not _store(after, before, render_overlay(detection)):
        return Rechecked(Outcome.SAME_MODEL)
    return Rechecked(Outcome.JUDGED, before, after)


def is_judged_by(*, submission: Submission, card: ModelCard) -> bool:
    """Whether this model version has an answer; no query after `with_predictions`."""
    model = (card.name, card.version)
    return any(
        (answer.model_name, answer.model_version) == model
        for answer in submission.predictions.all()
    )


def _store(prediction: Prediction, before: Prediction, overlay: bytes) -> bool:
    """False when the same model judged the picture at the same moment elsewhere."""
    try:
        with ExitStack() as undo:
            prediction.heatmap = store_file("heatmaps", overlay, undo, ".webp")
            prediction.heatmap_bytes = len(overlay)
            with transaction.atomic():
                prediction.save()
                history_refresh(submission_id=prediction.submission_id)
                if prediction.verdict != before.verdict:
                    verdict_flipped.send(
                        sender=None, prediction=prediction, before=before
                    )
            undo.pop_all()
    except IntegrityError:
        return False
    return True
