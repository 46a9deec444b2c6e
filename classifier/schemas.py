"""What the JSON API sends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ninja import Field, Schema

from classifier.verdicts import reason_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from classifier.models import Prediction, Submission
    from classifier.services import Answer

Label = Literal["ai", "human", "uncertain"]
ANONYMOUS_DECIMALS = 2
EXAMPLE_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class ModelOut(Schema):
    """The model that answered."""

    name: str = Field(examples=["detector"])
    version: str = Field(examples=["1.0.0"])


class ProvenanceOut(Schema):
    """One thing the file says about its own origin."""

    source: str = Field(
        description="The container that holds the statement: c2pa, xmp, exif, …",
        examples=["c2pa"],
    )
    claim: Literal["ai", "camera", "edited", "unknown"]
    detail: str = Field(examples=["Signed by Example Corp: made by a generative model"])
    strength: Literal["trusted", "signed", "unsigned", "broken"] = Field(
        description="How far it can be believed; anybody can write `unsigned` ones."
    )
    data: dict[str, str] = Field(
        default={},
        description="Named facts such as `prompt`, `signer` or `digital_source_type`; "
        "empty for anonymous callers",
    )


class ImageOut(Schema):
    """Facts about the file, read from its content."""

    width: int = Field(description="Pixels, after the EXIF turn", examples=[4032])
    height: int = Field(examples=[3024])
    format: str = Field(examples=["JPEG"])
    sha256: str = Field(examples=[EXAMPLE_SHA256])


class OperatingPointOut(Schema):
    """Where a probability becomes a label, and what that costs.

    The two rates were measured on the validation pictures; null if they were not.
    """

    ai_threshold: float = Field(description="`ai` at or above", examples=[0.8])
    human_threshold: float = Field(description="`human` at or below", examples=[0.3])
    false_positive_rate: float | None = Field(
        description="Share of human-made pictures that are labelled `ai`",
        examples=[0.01],
    )
    recall: float | None = Field(
        description="Share of AI pictures that are labelled `ai`", examples=[0.85]
    )


class StabilityOut(Schema):
    """The score of the picture and of changed copies of it.

    The copies: `flip` (mirrored), `jpeg` (quality 60), `half` (half size, but not below
    the network's view), `crop` (the middle 80 % of each side).
    """

    min: float = Field(description="Lowest calibrated probability", examples=[0.88])
    max: float = Field(description="Highest calibrated probability", examples=[0.95])
    flips: bool = Field(
        description="The copies contradict the score's label; `label` is then "
        "`uncertain`, unless a credential decides",
    )
    verdicts: dict[str, Label] = Field(examples=[{"flip": "ai", "jpeg": "ai"}])
    probabilities: dict[str, float] = Field(examples=[{"flip": 0.93, "jpeg": 0.88}])


class CorrectionOut(Schema):
    """A reviewer's decision; it supersedes the model's label."""

    label: Literal["ai", "human", "uncertain"]
    note: str = Field(description="The reason that the reviewer gives")
    decided_at: datetime


class PredictionOut(Schema):
    """The answer about one picture."""

    id: UUID
    external_id: str | None = Field(
        default=None, description="What you called the picture, if you did"
    )
    label: Label = Field(description="The one verdict, from both kinds of ground")
    ground: Literal["credential", "score"] = Field(
        description="What decided `label`: a trusted signature in the file, or the "
        "calibrated score"
    )
    reason: str = Field(
        description="A sentence for people about the ground",
        examples=["This verdict rests on the estimate from the picture alone."],
    )
    score_label: Label = Field(
        description="What the thresholds alone make of `ai_probability`"
    )
    ai_probability: float = Field(
        ge=0,
        le=1,
        description="Calibrated; anonymous callers get two decimals",
        examples=[0.93],
    )
    confidence: float = Field(
        ge=0.5, le=1, description="Probability of the likelier side", examples=[0.93]
    )
    model: ModelOut
    provenance: list[ProvenanceOut]
    image: ImageOut
    heatmap: str | None = Field(
        description="Overlay (WebP) for the picture's owner; null for anonymous callers"
    )
    elapsed_ms: float = Field(
        description="Decoding and the network, when it ran", examples=[41.7]
    )
    cached: bool = Field(
        description="The same bytes were judged before by the same model version"
    )
    operating_point: OperatingPointOut
    stability: StabilityOut | None = Field(
        default=None, description="Null until it was asked for with `?stability=1`"
    )
    correction: CorrectionOut | None = Field(
        description="A reviewer's decision that supersedes `label`, or null"
    )


class ErrorOut(Schema):
    """Every error of this API."""

    detail: str = Field(description="A sentence that says what to do")
    code: str = Field(description="Machine readable and stable")


def _told(probability: float, submission: Submission) -> float:
    """Rounded for somebody anonymous.

    Whoever alters a picture until it passes learns from each small change of the score;
    two decimals tell them less, and people no less.
    """
    if submission.owner_id is None:
        return round(probability, ANONYMOUS_DECIMALS)
    return probability


def prediction_out(request: HttpRequest, answer: Answer) -> PredictionOut:
    """The stored answer as the API shows it.

    Built without validation (`model_construct`): the values are the site's own.
    """
    submission, prediction = answer.submission, answer.prediction
    heatmap = prediction.heatmap_url
    return PredictionOut.model_construct(
        id=submission.pk,
        external_id=submission.external_id or None,
        label=prediction.verdict,
        ground=prediction.ground,
        reason=reason_of(prediction.rule),
        score_label=prediction.score_verdict or prediction.verdict,
        ai_probability=_told(prediction.ai_probability, submission),
        confidence=_told(prediction.confidence, submission),
        model=ModelOut.model_construct(
            name=prediction.model_name, version=prediction.model_version
        ),
        provenance=[
            ProvenanceOut.model_construct(**signal) for signal in prediction.provenance
        ],
        image=ImageOut.model_construct(
            width=submission.width,
            height=submission.height,
            format=submission.format,
            sha256=submission.sha256,
        ),
        heatmap=request.build_absolute_uri(heatmap) if heatmap else None,
        elapsed_ms=round(prediction.elapsed_ms, 1),
        cached=answer.cached,
        operating_point=OperatingPointOut.model_construct(
            ai_threshold=prediction.ai_threshold,
            human_threshold=prediction.human_threshold,
            false_positive_rate=prediction.false_positive_rate,
            recall=prediction.recall,
        ),
        stability=_stability_out(prediction, submission),
        correction=_correction_out(submission),
    )


def _stability_out(
    prediction: Prediction, submission: Submission
) -> StabilityOut | None:
    stored = prediction.stability
    if stored is None:
        return None
    return StabilityOut.model_construct(
        min=_told(stored["min"], submission),
        max=_told(stored["max"], submission),
        flips=stored["flips"],
        verdicts=stored["verdicts"],
        probabilities={
            name: _told(probability, submission)
            for name, probability in stored["probabilities"].items()
        },
    )


def _correction_out(submission: Submission) -> CorrectionOut | None:
    correction = submission.correction
    if correction is None:
        return None
    return CorrectionOut.model_construct(
        label=correction.reviewer_label,
        note=correction.decision_note,
        decided_at=correction.decided_at,
    )
