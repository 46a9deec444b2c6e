"""What is stored of a judged picture: the score, its firmness, and the one verdict."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from classifier import provenance
from classifier.capacity import inference_slot
from classifier.detector_provider import get_detector
from classifier.history_columns import history_refresh
from classifier.models import Prediction
from classifier.verdicts import RULES, Rule, Ruling, credential_rule, decide, is_tiny

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.inference.detector import Detector
    from classifier.inference.stability import Stability
    from classifier.inference.types import Detection
    from classifier.provenance import Signal


def judge(
    *, detector: Detector, data: bytes, stability: bool, keeps_facts: bool
) -> tuple[Detection, Prediction]:
    """The detection, and the prediction that it becomes, not yet saved.

    `stability` also judges changed copies. `keeps_facts` stores the named facts of the
    file's statements, such as prompts; without it the statements alone. Raises
    `ImageRejected`, `ModelError` and `Overloaded`.
    """
    with inference_slot():
        detection = detector.detect(data)
        firmness = detector.stability(detection) if stability else None
    signals = read_signals(data)
    prediction = new_prediction(
        detector=detector,
        detection=detection,
        findings=_stored(signals, keeps_facts=keeps_facts),
        credential=credential_rule(signals),
        firmness=firmness,
    )
    return detection, prediction


def new_prediction(
    *,
    detector: Detector,
    detection: Detection,
    findings: list[dict[str, Any]],
    credential: Rule | None,
    firmness: Stability | None = None,
) -> Prediction:
    """The detector's answer, what the file says and the one verdict, not yet saved."""
    ruling = decide(
        detection.verdict,
        credential=credential,
        tiny=is_tiny(detection.image.facts.width, detection.image.facts.height),
        flips=firmness is not None and firmness.flips,
    )
    return Prediction(
        engine=detector.engine.name,
        model_name=detection.model_name,
        model_version=detection.model_version,
        model_sha256=detector.model_sha256,
        ai_probability=detection.ai_probability,
        logit=detection.logit,
        score_verdict=detection.verdict,
        elapsed_ms=detection.elapsed_ms,
        stability=firmness and stability_fields(firmness),
        provenance=findings,
        **ruling_fields(ruling),
        **asdict(detection.operating_point),
    )


def complete_stability(*, prediction: Prediction, data: bytes) -> None:
    """Judge changed copies for a stored prediction that lacks them, and store that.

    The verdict follows: it may become `uncertain`. Nothing is done where the model in
    use is another one. Raises `ImageRejected`, `ModelError` and `Overloaded`.
    """
    detector = get_detector()
    model = (prediction.model_name, prediction.model_version)
    if prediction.stability is not None or model != (
        detector.card.name,
        detector.card.version,
    ):
        return
    with inference_slot():
        firmness = detector.stability(detector.detect(data))
    ruling = decide(
        prediction.score_verdict,
        credential=stored_credential(prediction),
        tiny=is_tiny(prediction.submission.width, prediction.submission.height),
        flips=firmness.flips,
    )
    prediction.stability = stability_fields(firmness)
    for name, value in ruling_fields(ruling).items():
        setattr(prediction, name, value)
    with transaction.atomic():
        prediction.save(update_fields=["stability", *ruling_fields(ruling)])
        history_refresh(submission_id=prediction.submission_id)


def read_signals(data: bytes) -> list[Signal]:
    """What the file says of its origin, by the trust list of the settings."""
    trust = provenance.TrustSettings(anchors=settings.C2PA_TRUST_ANCHORS)
    return provenance.read(data, trust)


def stored_credential(prediction: Prediction) -> Rule | None:
    """The rule of the credentials that decided a stored prediction, if they did."""
    return RULES[prediction.rule] if prediction.ground == "credential" else None


def ruling_fields(ruling: Ruling) -> dict[str, str]:
    """The columns of a `Prediction` that hold its one verdict and why."""
    return {
        "verdict": ruling.verdict,
        "ground": ruling.rule.ground,
        "rule": ruling.rule.name,
    }


def stability_fields(stability: Stability) -> dict[str, Any]:
    """The JSON that is stored and sent; probabilities are calibrated and in 0–1."""
    return {
        "min": stability.low,
        "max": stability.high,
        "flips": stability.flips,
        "verdicts": {v.name: v.verdict for v in stability.variants},
        "probabilities": {v.name: v.ai_probability for v in stability.variants},
    }


def _stored(signals: Sequence[Signal], *, keeps_facts: bool) -> list[dict[str, Any]]:
    kept = signals if keeps_facts else [replace(s, data={}) for s in signals]
    return [asdict(signal) for signal in kept]
