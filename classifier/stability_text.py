"""The stability of a verdict in plain words and in the numbers that its page draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.models import Prediction, Verdict
from classifier.presentation import percent

COPIES = {
    "flip": "Mirrored",
    "jpeg": "Saved as JPEG again, at quality 60",
    "half": "At half the size",
    "crop": "The middle part, 80% of each side",
}


@dataclass(frozen=True)
class Copy:
    """One changed copy: what was done, its probability and its verdict in words."""

    change: str
    probability: str
    verdict: str


@dataclass(frozen=True)
class StabilityText:
    """What the result page says about changed copies of the picture.

    `start` and `span` draw the range of the scores, as shares of the scale's width.
    """

    sentence: str
    copies: list[Copy]
    start: str
    span: str


def describe_stability(prediction: Prediction) -> StabilityText | None:
    """The words for one prediction; `None` where no copies were judged."""
    stored = prediction.stability
    if stored is None:
        return None
    copies = [
        Copy(
            change=COPIES.get(name, name),
            probability=percent(stored["probabilities"][name]),
            verdict=Verdict(verdict).label,
        )
        for name, verdict in stored["verdicts"].items()
    ]
    return StabilityText(
        sentence=_sentence(stored, prediction),
        copies=copies,
        start=f"{stored['min']:.2%}",
        span=f"{stored['max'] - stored['min']:.2%}",
    )


def _sentence(stored: dict[str, Any], prediction: Prediction) -> str:
    others = list(stored["verdicts"].values())
    low, high = percent(stored["min"]), percent(stored["max"])
    span = low if low == high else f"from {low} to {high}"
    seen = f"The picture and {len(others)} changed copies of it score {span}"
    score = prediction.score_verdict or prediction.verdict
    if stored["flips"]:
        before = Verdict(score).label
        return (
            f"{seen}. The picture as it is would be called “{before}”, but the copies "
            "contradict that, so the estimate is uncertain."
        )
    if set(others) <= {score}:
        return f"{seen}, all with the same verdict."
    same = others.count(score)
    return f"{seen}; {same} of {len(others)} copies get the same verdict."
