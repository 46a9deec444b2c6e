"""Temperature and thresholds do on validation what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.inference.calibration import calibrated_probability
from mltrain.calibrate import (
    choose_operating_point,
    fit_temperature,
    probabilities_of,
)
from mltrain.metrics import expected_calibration_error, summarise


def overconfident(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are three times what their labels warrant."""
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, count)
    labels = rng.random(count) < probabilities_of(honest, 1.0)
    return 3 * honest, labels.astype(int)


def test_the_temperature_that_made_the_logits_is_found_again() -> None:
    logits, labels = overconfident()

    temperature = fit_temperature(logits, labels)

    assert temperature == pytest.approx(3.0, rel=0.1)
    before = expected_calibration_error(labels, probabilities_of(logits, 1.0))
    after = expected_calibration_error(labels, probabilities_of(logits, temperature))
    assert after is not None
    assert before is not None
    assert after < 0.03 < before


def test_classes_wholly_apart_still_give_a_finite_temperature() -> None:
    temperature = fit_temperature([-5.0, -4.0, 4.0, 5.0], [0, 0, 1, 1])

    assert 0.05 <= temperature <= 20


def test_probabilities_are_those_that_serving_makes() -> None:
    logits = np.array([-800.0, -3.0, 0.0, 2.5, 800.0])

    made = probabilities_of(logits, 1.7)

    assert made == pytest.approx([calibrated_probability(x, 1.7) for x in logits])


def test_at_most_one_human_picture_in_a_hundred_is_called_ai() -> None:
    logits, labels = overconfident()
    probabilities = probabilities_of(logits, 3.0)

    point = choose_operating_point(probabilities, labels)

    verdict = summarise(labels, probabilities, point)["verdict"]
    assert 0 < verdict["false_positive_rate"] <= 0.01
    assert point.false_positive_rate == verdict["false_positive_rate"]
    assert point.recall == verdict["recall"]
    # One more human picture would be too many, so the threshold is no higher than due.
    humans = (labels == 0).sum()
    assert verdict["false_positive_rate"] > 0.01 - 1 / humans - 1e-9


def test_few_ai_pictures_are_called_human_while_the_band_is_narrow() -> None:
    logits, labels = overconfident()
    probabilities = probabilities_of(logits, 3.0)

    point = choose_operating_point(probabilities, labels, max_uncertain=1.0)

    verdict = summarise(labels, probabilities, point)["verdict"]
    assert verdict["false_negative_rate"] <= 0.05


def test_a_wide_band_is_narrowed_on_the_human_side_alone() -> None:
    logits, labels = overconfident()
    probabilities = probabilities_of(logits, 3.0)

    wide = choose_operating_point(probabilities, labels, max_uncertain=1.0)
    narrow = choose_operating_point(probabilities, labels, max_uncertain=0.4)

    assert narrow.ai_threshold == wide.ai_threshold
    assert wide.human_threshold < narrow.human_threshold <= 0.5
    uncertain = 1 - summarise(labels, probabilities, narrow)["verdict"]["coverage"]
    assert uncertain <= 0.4


def test_classes_wholly_apart_leave_no_uncertain_picture() -> None:
    point = choose_operating_point([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])

    assert point.human_threshold <= 0.5 <= point.ai_threshold
    verdict = summarise([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], point)["verdict"]
    assert verdict["coverage"] == verdict["accuracy"] == 1


def test_equal_probabilities_do_not_break_the_limit() -> None:
    labels = [0] * 50 + [1] * 50

    point = choose_operating_point([0.9] * 100, labels)

    assert point.false_positive_rate == 0


def test_one_class_cannot_be_calibrated_on() -> None:
    with pytest.raises(ValueError, match="both classes"):
        fit_temperature([1.0, 2.0], [1, 1])
    with pytest.raises(ValueError, match="both classes"):
        choose_operating_point([0.1, 0.2], [0, 0])
