"""The stability of a verdict in plain words and in the numbers that its page draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from classifier.models import Prediction, Verdict
from classifier.presentation import percent

COPIES = {
    "flip": _("Mirrored"),
    "jpeg": _("Saved as JPEG again, at quality 60"),
    "half": _("At half the size"),
    "crop": _("The middle part, four fifths of each side"),
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
            change=str(COPIES.get(name, name)),
            probability=percent(stored["probabilities"][name]),
            verdict=str(Verdict(verdict).label),
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
    score = prediction.score_verdict or prediction.verdict
    seen = _range(stored, len(others))
    if stored["flips"]:
        contradiction = gettext(
            "The picture as it is would be called “%(verdict)s”, but the copies "
            "contradict that, so the estimate is uncertain."
        )
        return f"{seen} {contradiction % {'verdict': Verdict(score).label}}"
    same = others.count(score)
    if same == len(others):
        # In a variable: xgettext finds no text inside an f-string.
        all_same = gettext("All get the same verdict.")
        return f"{seen} {all_same}"
    agreement = ngettext(
        "%(same)d of %(count)d copies gets the same verdict.",
        "%(same)d of %(count)d copies get the same verdict.",
        same,
    )
    return f"{seen} {agreement % {'same': same, 'count': len(others)}}"


def _range(stored: dict[str, Any], count: int) -> str:
    low, high = percent(stored["min"]), percent(stored["max"])
    if low == high:
        sentence = ngettext(
            "The picture and %(count)d changed copy of it score %(low)s.",
            "The picture and %(count)d changed copies of it score %(low)s.",
            count,
        )
    else:
        sentence = ngettext(
            "The picture and %(count)d changed copy of it score from %(low)s to "
            "%(high)s.",
            "The picture and %(count)d changed copies of it score from %(low)s to "
            "%(high)s.",
            count,
        )
    return sentence % {"count": count, "low": low, "high": high}
