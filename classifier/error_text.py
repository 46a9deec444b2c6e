"""Measured errors in plain words, for the result page and the explanation."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from classifier.detector_provider import describe
from classifier.error_rates import Rate, Table, error_tables, split_figures
from classifier.inference.bundle import ModelCard
from classifier.models import Prediction, Submission
from classifier.presentation import about, thresholds_sentence


@dataclass(frozen=True)
class ErrorText:
    """The operating point in a sentence, and tables for files like the one sent."""

    sentence: str
    tables: list[Table]


def describe_errors_like(
    submission: Submission, prediction: Prediction
) -> ErrorText | None:
    """The errors of the model that answered, on files like this one.

    `None` when another model is in use by now or its card holds no figures.
    """
    card = describe()
    asked = (prediction.model_name, prediction.model_version)
    if card is None or (card.name, card.version) != asked:
        return None
    tables = error_tables(
        card,
        width=submission.width,
        height=submission.height,
        file_format=submission.format,
    )
    sentence = operating_sentence(card)
    return ErrorText(sentence, tables) if tables and sentence else None


def operating_sentence(card: ModelCard) -> str:
    """What the thresholds cost on the validation pictures; empty if not measured."""
    point, figures = card.operating_point, split_figures(card, "validation")
    if figures is None or figures.false_positive is None:
        return ""
    sentence = thresholds_sentence(point.ai_threshold, point.human_threshold)
    values = {"wrong": in_words(figures.false_positive)}
    if figures.recall is None:
        cost = gettext(
            "At this threshold %(wrong)s human-made pictures in our validation were "
            "called AI."
        )
    else:
        values["found"] = in_words(figures.recall)
        cost = gettext(
            "At this threshold %(wrong)s human-made pictures in our validation were "
            "called AI, and %(found)s AI pictures were found."
        )
    return f"{sentence} {cost % values}"


def in_words(rate: Rate) -> str:
    """A count with the round number that people remember: “about 1 in 100”."""
    if rate.count == 0:
        return gettext("none of %(n)s") % {"n": f"{rate.n:,}"}
    base = 100 if rate.share >= 0.009 else 1000
    return gettext("%(count)s of %(n)s (%(about)s)") % {
        "count": f"{rate.count:,}",
        "n": f"{rate.n:,}",
        "about": about(max(1, round(rate.share * base)), base),
    }
