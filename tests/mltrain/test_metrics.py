"""Figures of merit, against values worked out by hand."""

from __future__ import annotations

import json
import math

import pytest

from classifier.inference.types import OperatingPoint
from mltrain.metrics import (
    expected_calibration_error,
    reliability,
    roc_points,
    summarise,
    tpr_at_fpr,
    wilson_interval,
)

# Six pictures, four of them AI. At 0.5: three AI right, one missed; one human right,
# one called AI.
LABELS = [1, 1, 1, 1, 0, 0]
PROBABILITIES = [0.9, 0.8, 0.6, 0.3, 0.7, 0.1]


def test_decisions_at_one_half_are_counted_by_hand() -> None:
    figures = summarise(LABELS, PROBABILITIES)

    assert figures["confusion"] == {
        "ai_as_ai": 3,
        "ai_as_human": 1,
        "human_as_ai": 1,
        "human_as_human": 1,
    }
    assert (figures["n"], figures["n_ai"], figures["n_human"]) == (6, 4, 2)
    assert figures["accuracy"] == pytest.approx(4 / 6)
    assert figures["ai_accuracy"] == figures["recall"] == pytest.approx(3 / 4)
    assert figures["human_accuracy"] == pytest.approx(1 / 2)
    assert figures["balanced_accuracy"] == pytest.approx(5 / 8)
    assert figures["precision"] == pytest.approx(3 / 4)
    assert figures["f1"] == pytest.approx(3 / 4)


def test_ranking_is_counted_by_hand() -> None:
    figures = summarise(LABELS, PROBABILITIES)

    # Of the 8 pairs of an AI and a human picture, 6 are in the right order.
    assert figures["auroc"] == pytest.approx(6 / 8)
    # Precision at each AI picture in order: 1/1, 2/2, 3/4, 4/5.
    assert figures["average_precision"] == pytest.approx((1 + 1 + 3 / 4 + 4 / 5) / 4)
    # No human picture may be called AI: the two above 0.7 remain.
    assert figures["tpr_at_1_fpr"]["rate"] == pytest.approx(2 / 4)


def test_brier_and_calibration_error_are_counted_by_hand() -> None:
    squares = 0.1**2 + 0.2**2 + 0.4**2 + 0.7**2 + 0.7**2 + 0.1**2

    assert summarise(LABELS, PROBABILITIES)["brier"] == pytest.approx(squares / 6)
    # Two bins: 0.3 and 0.1 (half of them AI), the other four (three of them AI).
    gaps = abs(0.2 - 1 / 2) * 2 / 6 + abs(0.75 - 3 / 4) * 4 / 6
    error = expected_calibration_error(LABELS, PROBABILITIES, bins=2)
    assert error == pytest.approx(gaps)


def test_probability_one_falls_into_the_last_bin() -> None:
    (only,) = reliability([1, 1], [1.0, 0.99], bins=10)

    assert (only["low"], only["high"], only["n"]) == (0.9, 1.0, 2)


def test_the_threshold_itself_counts_as_ai() -> None:
    assert summarise([0], [0.5])["confusion"]["human_as_ai"] == 1


def test_the_verdict_with_its_uncertain_band_is_counted_by_hand() -> None:
    point = OperatingPoint(ai_threshold=0.75, human_threshold=0.3)

    verdict = summarise(LABELS, PROBABILITIES, point)["verdict"]

    # 0.9 and 0.8 are ai, 0.3 and 0.1 human; one of these four is wrong.
    assert verdict["coverage"] == pytest.approx(4 / 6)
    assert verdict["accuracy"] == pytest.approx(3 / 4)
    assert verdict["false_positive_rate"] == 0
    assert verdict["false_negative_rate"] == pytest.approx(1 / 4)
    assert verdict["recall"] == pytest.approx(2 / 4)


def test_recall_at_a_false_positive_rate_takes_the_best_threshold() -> None:
    labels = [0] * 100 + [1] * 4
    probabilities = [i / 200 for i in range(100)] + [0.9, 0.8, 0.4925, 0.2]

    one = tpr_at_fpr(labels, probabilities, 0.01)

    # One of the 100 human pictures may pass: 0.495; so 0.4925 counts, 0.2 does not.
    assert one is not None
    assert one["rate"] == pytest.approx(3 / 4)
    assert one["low"] < 0.75 < one["high"]


def test_wilson_gives_the_textbook_interval() -> None:
    # 8 of 10 at 95 %: 0.490 to 0.943 (Wilson 1927, as tabulated by Newcombe 1998).
    low, high = wilson_interval(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)

    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(5, 5)[1] == 1.0


def test_one_class_alone_leaves_rankings_undefined_and_never_nan() -> None:
    point = OperatingPoint(ai_threshold=0.7, human_threshold=0.3)

    figures = summarise([1, 1], [0.9, 0.2], point)

    assert figures["ai_accuracy"] == 0.5
    for name in ("auroc", "average_precision", "balanced_accuracy", "human_accuracy"):
        assert figures[name] is None
    assert figures["verdict"]["false_positive_rate"] is None
    assert "NaN" not in json.dumps(figures, allow_nan=False)


def test_no_pictures_at_all_leave_everything_undefined() -> None:
    figures = summarise([], [], OperatingPoint(0.7, 0.3))

    assert figures["n"] == 0
    assert figures["accuracy"] is None
    assert figures["ece"] is None
    json.dumps(figures, allow_nan=False)


def test_no_ai_verdict_leaves_precision_undefined() -> None:
    assert summarise([0, 0], [0.1, 0.2])["precision"] is None


def test_a_roc_curve_runs_from_corner_to_corner() -> None:
    false_rate, true_rate = roc_points(LABELS, PROBABILITIES)

    assert (false_rate[0], true_rate[0]) == (0, 0)
    assert (false_rate[-1], true_rate[-1]) == (1, 1)
    with pytest.raises(ValueError, match="both classes"):
        roc_points([1, 1], [0.5, 0.6])


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([1, 0], [0.5]), ([1], [1.5]), ([1], [math.nan])],
)
def test_what_is_no_probability_is_refused(
    labels: list[int], probabilities: list[float]
) -> None:
    with pytest.raises(ValueError, match="probabilit"):
        summarise(labels, probabilities)
