"""Writes: a submitted picture becomes a row with a prediction, or goes again."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from classifier.copies import print_create
from classifier.detector_provider import get_detector
from classifier.events import picture_judged
from classifier.files import store_file
from classifier.history_columns import first_columns, history_refresh
from classifier.inference.heatmap import render_overlay
from classifier.inference.prints import picture_print
from classifier.judging import complete_stability, judge
from classifier.keeping import Keeps, keeps_of
from classifier.models import Prediction, ScoredOn, Submission
from classifier.names import clean_name
from classifier.originals import original_keep
from classifier.previews import render_preview, shrink
from classifier.rows import bytes_are_known, insert_row

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from classifier.inference.bundle import ModelCard
    from classifier.inference.types import Detection, ImageFacts


@dataclass(frozen=True)
class Answer:
    """A submission with its prediction; `cached` when the network did not run."""

    submission: Submission
    prediction: Prediction
    cached: bool


def submission_create(
    *,
    owner: AbstractBaseUser | None,
    data: bytes,
    name: str,
    source: str,
    stability: bool = False,
    external_id: str = "",
) -> Answer:
    """Judge the bytes of an upload and store the result.

    The same bytes are judged once per model version. An owner who sends a file again
    gets the submission it already has; after a change of the model that submission
    gains a prediction. An anonymous visitor gets a submission of its own, into which
    an earlier anonymous result is copied. `stability` also judges changed copies of the
    picture, and adds that to a stored result which lacks it. `external_id` is the
    sender's own name for the picture, and the last one counts; of somebody anonymous it
    is only repeated in the answer. What is kept of the picture follows the owner's
    choice, see `classifier.keeping`.

    Raises `ImageRejected` for bytes that cannot be judged, `ModelError` when the model
    cannot answer and `Overloaded` when too many pictures wait; nothing is stored then.
    """
    answer = _judge_and_store(owner, data, name, source, stability)
    submission = answer.submission
    if external_id and external_id != submission.external_id:
        submission.external_id = external_id
        if owner is not None:
            submission.save(update_fields=["external_id"])
    return answer


def _judge_and_store(
    owner: AbstractBaseUser | None,
    data: bytes,
    name: str,
    source: str,
    stability: bool,
) -> Answer:
    detector = get_detector()
    digest = hashlib.sha256(data).hexdigest()
    known = _known_prediction(owner, digest, detector.card)
    if known is not None:
        if stability:
            complete_stability(prediction=known, data=data)
        return _stored_answer(owner, known, source, data)
    keeps = keeps_of(owner)
    detection, prediction = judge(
        detector=detector,
        data=data,
        stability=stability,
        keeps_facts=keeps != Keeps.HASH,
    )
    picture_judged.send_robust(sender=None, prediction=prediction)
    if owner is None:
        return _store_anonymous(_facts(detection.image.facts), source, prediction)
    try:
        if keeps == Keeps.HASH:
            return _store_hash(owner, detection, source, prediction)
        answer = _store_owned(owner, detection, name, source, prediction)
        original_keep(owner=owner, submission=answer.submission, data=data)
        return answer
    except IntegrityError:
        # The same file arrived twice at once, and the other request was faster.
        known = _known_prediction(owner, digest, detector.card)
        if known is None:
            raise
        return _stored_answer(owner, known, source, data)


def submission_delete(*, submission: Submission) -> None:
    """Delete the rows, and their files once the deletion is committed."""
    with transaction.atomic():
        submission.delete()


def _known_prediction(
    owner: AbstractBaseUser | None, digest: str, card: ModelCard
) -> Prediction | None:
    # Most pictures are new to everybody, which a bare look into an index tells.
    if not bytes_are_known(sha256=digest):
        return None
    judged = Prediction.objects.filter(
        submission__owner=owner,
        submission__sha256=digest,
        model_name=card.name,
        model_version=card.version,
        scored_on=ScoredOn.UPLOAD,
    )
    return judged.select_related("submission__correction").first()


def _stored_answer(
    owner: AbstractBaseUser | None, prediction: Prediction, source: str, data: bytes
) -> Answer:
    if owner is None:
        facts = _facts(prediction.submission)
        prediction = Prediction(**prediction.answer())
        _store_anonymous(facts, source, prediction)
    else:
        original_keep(owner=owner, submission=prediction.submission, data=data)
    return Answer(prediction.submission, prediction, cached=True)


def _store_anonymous(
    facts: dict[str, Any], source: str, prediction: Prediction
) -> Answer:
    """Keep the hash, the facts and the result; nothing that shows the picture."""
    with transaction.atomic():
        prediction.submission = Submission(
            source=source, **facts, **first_columns(prediction=prediction)
        )
        insert_row(prediction.submission)
        insert_row(prediction)
    return Answer(prediction.submission, prediction, cached=False)


def _store_hash(
    owner: AbstractBaseUser, detection: Detection, source: str, prediction: Prediction
) -> Answer:
    """The same for an owner who wants it so; what was kept before stays."""
    facts = _facts(detection.image.facts)
    with transaction.atomic():
        prediction.submission, _ = Submission.objects.get_or_create(
            owner=owner, sha256=facts["sha256"], defaults={"source": source, **facts}
        )
        prediction.save()
    return Answer(prediction.submission, prediction, cached=False)


def _store_owned(
    owner: AbstractBaseUser,
    detection: Detection,
    name: str,
    source: str,
    prediction: Prediction,
) -> Answer:
    """Write the files, then both rows in one transaction; all of it or nothing."""
    facts = _facts(detection.image.facts)
    known = Submission.objects.filter(owner=owner, sha256=facts["sha256"]).first()
    with ExitStack() as undo:
        overlay = render_overlay(detection)
        prediction.heatmap = store_file("heatmaps", overlay, undo, ".webp")
        prediction.heatmap_bytes = len(overlay)
        if known is None:
            pixels = shrink(detection.image.pixels)
            seen = picture_print(pixels)
            small = render_preview(pixels)
            preview = store_file("previews", small, undo, ".webp")
        is_new = known is None
        with transaction.atomic():
            if known is None:
                name = clean_name(name)
                known = Submission.objects.create(
                    owner=owner,
                    original_name=name,
                    source=source,
                    preview=preview,
                    preview_bytes=len(small),
                    **facts,
                    **first_columns(prediction=prediction, name=name),
                )
                print_create(submission=known, seen=seen)
            prediction.submission = known
            prediction.save()
            if not is_new:
                history_refresh(submission_id=known.pk)
        undo.pop_all()
    return Answer(prediction.submission, prediction, cached=False)


_FACTS = ("sha256", "byte_size", "width", "height", "format")


def _facts(facts: ImageFacts | Submission) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in _FACTS}
