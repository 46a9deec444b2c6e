"""A raw logit → a calibrated probability → a verdict."""

from __future__ import annotations

import numpy as np

from classifier.inference.types import OperatingPoint, Verdict


def calibrated_probability(logit: float, temperature: float) -> float:
    """The probability, in 0–1, that the picture is AI-generated.

    Temperature scaling (Guo et al. 2017, arXiv 1706.04599): the logit is divided by
    one positive number fitted on the validation split, which keeps the order of the
    pictures. Written so that no exponential overflows, whatever the logit.
    """
    return float(np.exp(-np.logaddexp(0.0, -float(logit) / temperature)))


def verdict(probability: float, point: OperatingPoint) -> Verdict:
    """`ai` or `human` at or beyond its threshold, `uncertain` between the two."""
    if probability >= point.ai_threshold:
        return "ai"
    if probability <= point.human_threshold:
        return "human"
    return "uncertain"
