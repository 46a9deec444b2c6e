"""Two measured models as one: the mean of their calibrated logits."""

from __future__ import annotations

from dataclasses import replace

from mltrain.choice import CHOSEN_ON, Measurement
from mltrain.evaluate import calibrated, evaluate
from mltrain.robustness import CLEAN
from mltrain.scores import Scores


def average(one: Measurement, other: Measurement) -> Measurement:
    """What both together would do, calibrated anew on the validation split.

    It costs the time and the size of both, and no bundle can hold it, so that it is no
    candidate. Raises `ValueError` where validation lacks a class.
    """
    scores = _mean_scores(one.scores, other.scores, one, other)
    card = replace(
        one.card,
        name=f"average of {one.card.name} and {other.card.name}",
        backbone=f"{one.card.backbone} and {other.card.backbone}",
        training={},
    )
    card = calibrated(card, scores.where(split=CHOSEN_ON, perturbation=CLEAN))
    return Measurement(
        name=card.name,
        card=card,
        scores=scores,
        report=evaluate(scores, card),
        megabytes=_sum(one.megabytes, other.megabytes),
        milliseconds=_sum(one.milliseconds, other.milliseconds),
        attacked={
            source: _mean_scores(rows, other.attacked[source], one, other)
            for source, rows in one.attacked.items()
        },
        candidate=False,
    )


def _mean_scores(
    left: Scores, right: Scores, one: Measurement, other: Measurement
) -> Scores:
    """Rows of the left with the mean of both logits over their temperatures."""
    logits = {(row.name, row.perturbation): row.logit for row in right.rows}
    rows = tuple(
        replace(
            row,
            logit=row.logit / one.card.temperature / 2
            + logits[row.name, row.perturbation] / other.card.temperature / 2,
        )
        for row in left.rows
    )
    return replace(left, rows=rows)


def _sum(left: dict[str, float], right: dict[str, float]) -> dict[str, float]:
    return {name: left[name] + right[name] for name in left if name in right}
