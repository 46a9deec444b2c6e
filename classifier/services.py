"""Writes: a submitted picture becomes a row with a prediction, or goes again."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from classifier import provenance
from classifier.detector_provider import get_detector
from classifier.events import picture_judged
from classifier.inference.heatmap import render_overlay
from classifier.models import Prediction, Submission
from classifier.previews import render_preview

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
    *, owner: AbstractBaseUser | None, data: bytes, name: str, source: str
) -> Answer:
    """Judge the bytes of an upload and store the result.

    The same bytes are judged once per model version. An owner who sends a file again
    gets the submission it already has; after a change of the model that submission
    gains a prediction. An anonymous visitor gets a submission of its own, into which
    an earlier anonymous result is copied.

    Raises `ImageRejected` for bytes that cannot be judged and `ModelError` when the
    model cannot answer; nothing is stored then.
    """
    detector = get_detector()
    digest = hashlib.sha256(data).hexdigest()
    stored = _stored_answer(owner, digest, detector.card, source)
    if stored is not None:
        return stored
    detection = detector.detect(data)
    picture_judged.send_robust(sender=None, detection=detection)
    prediction = Prediction(
        **_judgement(detection),
        engine=detector.engine.name,
        provenance=_findings(data, owner),
    )
    if owner is None:
        return _store_anonymous(_facts(detection.image.facts), source, prediction)
    try:
        return _store_owned(owner, detection, name, source, prediction)
    except IntegrityError:
        # The same file arrived twice at once, and the other request was faster.
        stored = _stored_answer(owner, digest, detector.card, source)
        if stored is None:
            raise
        return stored


def submission_delete(*, submission: Submission) -> None:
    """Delete the rows, and their files once the deletion is committed."""
    with transaction.atomic():
        submission.delete()


def _stored_answer(
    owner: AbstractBaseUser | None, digest: str, card: ModelCard, source: str
) -> Answer | None:
    prediction = (
        Prediction.objects.select_related("submission")
        .filter(
            submission__owner=owner,
            submission__sha256=digest,
            model_name=card.name,
            model_version=card.version,
        )
        .first()
    )
    if prediction is None:
        return None
    if owner is None:
        facts = _facts(prediction.submission)
        prediction = Prediction(**prediction.answer())
        _store_anonymous(facts, source, prediction)
    return Answer(prediction.submission, prediction, cached=True)


def _store_anonymous(
    facts: dict[str, Any], source: str, prediction: Prediction
) -> Answer:
    """Keep the hash, the facts and the result; nothing that shows the picture."""
    with transaction.atomic():
        prediction.submission = Submission.objects.create(source=source, **facts)
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
        prediction.heatmap = _write_file("heatmaps", render_overlay(detection), undo)
        preview = None
        if known is None:
            preview = _write_file(
                "previews", render_preview(detection.image.pixels), undo
            )
        with transaction.atomic():
            prediction.submission = known or Submission.objects.create(
                owner=owner,
                original_name=_clean_name(name),
                source=source,
                preview=preview,
                **facts,
            )
            prediction.save()
        undo.pop_all()
    return Answer(prediction.submission, prediction, cached=False)


def _write_file(folder: str, content: bytes, undo: ExitStack) -> str:
    """Store a WebP under a random name, and plan its removal should all fail."""
    name = default_storage.save(f"{folder}/{uuid4().hex}.webp", ContentFile(content))
    undo.callback(default_storage.delete, name)
    return name


_FACTS = ("sha256", "byte_size", "width", "height", "format")


def _facts(facts: ImageFacts | Submission) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in _FACTS}


def _judgement(detection: Detection) -> dict[str, Any]:
    return {
        "model_name": detection.model_name,
        "model_version": detection.model_version,
        "ai_probability": detection.ai_probability,
        "logit": detection.logit,
        "verdict": detection.verdict,
        "elapsed_ms": detection.elapsed_ms,
        **asdict(detection.operating_point),
    }


def _findings(data: bytes, owner: AbstractBaseUser | None) -> list[dict[str, Any]]:
    """What the file says of its origin; the prompts and the like for owners only."""
    trust = provenance.TrustSettings(anchors=settings.C2PA_TRUST_ANCHORS)
    signals = provenance.read(data, trust)
    if owner is None:
        signals = [replace(signal, data={}) for signal in signals]
    return [asdict(signal) for signal in signals]


def _clean_name(name: str) -> str:
    """The name without control characters, short enough for its column."""
    return "".join(filter(str.isprintable, name))[:255]
