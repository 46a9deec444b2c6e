"""Pages that say how far to believe a verdict: beside a result, and in general."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classifier.detector_provider import describe
from classifier.error_rates import FALLBACK, SPLITS, split_figures
from classifier.error_text import describe_errors_like, operating_sentence
from classifier.models import Submission
from classifier.stability_text import describe_stability

SHOWN = (*FALLBACK, *SPLITS)


def explain(submission: Submission) -> dict[str, Any]:
    """What a result page adds to a verdict: how firm it is, and how often wrong."""
    prediction = submission.latest_prediction
    return {
        "stability": describe_stability(prediction),
        "errors": describe_errors_like(submission, prediction),
    }


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    """Score, doubt, provenance and limits, with the figures of the model in use."""
    card = describe()
    context = {
        "card": card,
        "operating_sentence": card and operating_sentence(card),
        "splits": card and list(filter(None, (split_figures(card, s) for s in SHOWN))),
    }
    return render(request, "classifier/how_it_works.html", context)
