"""Temperature and thresholds; fitted on the validation split and on nothing else."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.inference.types import OperatingPoint

TEMPERATURE_RANGE = (0.05, 20.0)


def probabilities_of(logits: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """(n,) logits → (n,) calibrated AI probabilities in 0–1, as serving makes them."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    return np.exp(-np.logaddexp(0.0, -scaled))


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017).

    `logits` is (n,), `labels` (n,) of 0 and 1. The answer lies within
    `TEMPERATURE_RANGE`: where the classes are wholly apart the best one would be 0.

    Raises `ValueError` when a class is missing.
    """
    from scipy.optimize import minimize_scalar

    values = np.asarray(logits, dtype=np.float64)
    truth = _both_classes(labels)
    signed = np.where(truth, values, -values)

    def negative_log_likelihood(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -signed / math.exp(log_temperature)).mean())

    low, high = (math.log(bound) for bound in TEMPERATURE_RANGE)
    best = minimize_scalar(
        negative_log_likelihood, bounds=(low, high), method="bounded"
    )
    return float(math.exp(best.x))


def choose_operating_point(
    probabilities: ArrayLike,
    labels: ArrayLike,
    max_fpr: float = 0.01,
    max_fnr: float = 0.05,
    max_uncertain: float = 0.3,
) -> OperatingPoint:
    """Thresholds that keep both kinds of false verdict rare on these pictures.

    The AI threshold is the lowest, from 0.5 up, at which at most `max_fpr` of the
    human-made pictures are called `ai`: a false accusation is the worst error, so this
    limit always holds. The human threshold is the highest, up to 0.5, at which at most
    `max_fnr` of the AI pictures are called `human`. If that leaves more than
    `max_uncertain` of all pictures without a verdict, the second limit gives way: the
    human threshold rises until the share is met, or to 0.5.

    `probabilities` is (n,) calibrated, `labels` (n,) of 0 and 1. The rates in the
    answer are measured on the same pictures. Raises `ValueError` when a class is
    missing.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    truth = _both_classes(labels)
    ai_threshold = max(0.5, _threshold_above(scores[~truth], scores, max_fpr))
    # The human side is the same question with the scale turned around.
    human_threshold = min(
        0.5, 1 - _threshold_above(1 - scores[truth], 1 - scores, max_fnr)
    )
    undecided = np.sort(scores[scores < ai_threshold])
    allowed = math.floor(max_uncertain * len(scores))
    if len(undecided) > allowed:
        needed = undecided[len(undecided) - allowed - 1]
        human_threshold = max(human_threshold, min(0.5, float(needed)))
    called_ai = scores >= ai_threshold
    return OperatingPoint(
        ai_threshold=ai_threshold,
        human_threshold=human_threshold,
        false_positive_rate=float(called_ai[~truth].mean()),
        recall=float(called_ai[truth].mean()),
    )


def _threshold_above(
    negatives: NDArray[np.float64], scores: NDArray[np.float64], share: float
) -> float:
    """The lowest threshold that at most `share` of the negatives reach.

    It lies halfway between the highest negative that must stay below and the next
    score of any picture, so that neither sits on the edge.
    """
    allowed = math.floor(share * len(negatives) + 1e-9)
    if allowed >= len(negatives):
        return 0.0
    highest = float(np.sort(negatives)[len(negatives) - 1 - allowed])
    above = scores[scores > highest]
    if not len(above):
        return float(np.nextafter(highest, 2.0))
    middle = (highest + float(above.min())) / 2
    return middle if middle > highest else float(above.min())


def _both_classes(labels: ArrayLike) -> NDArray[np.bool_]:
    truth = np.asarray(labels, dtype=np.bool_)
    if truth.all() or not truth.any():
        raise ValueError("Calibration needs validation pictures of both classes.")
    return truth
