"""A logit becomes a calibrated probability, and that a verdict."""

from __future__ import annotations

import math

import pytest

from classifier.inference.calibration import calibrated_probability, verdict
from classifier.inference.types import OperatingPoint

POINT = OperatingPoint(ai_threshold=0.8, human_threshold=0.3)


@pytest.mark.parametrize(
    ("logit", "temperature", "probability"),
    [
        (0.0, 1.0, 0.5),
        (math.log(3), 1.0, 0.75),
        (2 * math.log(3), 2.0, 0.75),
        (-math.log(9), 1.0, 0.1),
    ],
)
def test_the_logit_is_divided_by_the_temperature(
    logit: float, temperature: float, probability: float
) -> None:
    assert calibrated_probability(logit, temperature) == pytest.approx(probability)


@pytest.mark.filterwarnings("error")
def test_extreme_logits_neither_overflow_nor_warn() -> None:
    assert calibrated_probability(1e6, 0.01) == 1.0
    assert calibrated_probability(-1e6, 0.01) == 0.0
    assert 0 < calibrated_probability(-700, 1.0) < 1e-300


def test_a_higher_temperature_is_less_certain() -> None:
    assert calibrated_probability(4, 1) > calibrated_probability(4, 3) > 0.5


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (1.0, "ai"),
        (0.8, "ai"),
        (0.7999, "uncertain"),
        (0.5, "uncertain"),
        (0.3001, "uncertain"),
        (0.3, "human"),
        (0.0, "human"),
    ],
)
def test_the_thresholds_belong_to_their_verdicts(
    probability: float, expected: str
) -> None:
    assert verdict(probability, POINT) == expected


def test_equal_thresholds_leave_no_uncertainty() -> None:
    point = OperatingPoint(ai_threshold=0.5, human_threshold=0.5)

    assert [verdict(p, point) for p in (0.49, 0.5, 0.51)] == ["human", "ai", "ai"]
