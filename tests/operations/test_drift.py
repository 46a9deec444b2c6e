"""The index that compares a week's scores with the validation's."""

from __future__ import annotations

import pytest

from operations.drift import stability_index, validation_shares

FIGURES = {
    "n": 200,
    "n_human": 100,
    "n_ai": 100,
    "verdict": {"coverage": 0.8, "false_positive_rate": 0.02, "recall": 0.58},
}


def test_the_shares_follow_from_the_rates() -> None:
    # 2 + 58 of 200 are called AI, 160 get a verdict at all.
    assert validation_shares(FIGURES) == pytest.approx((0.5, 0.2, 0.3))


@pytest.mark.parametrize(
    "figures",
    [None, {}, {"n": 3}, {**FIGURES, "verdict": {"coverage": 0.8, "recall": None}}],
)
def test_a_card_without_the_rates_has_no_shares(figures: dict | None) -> None:
    assert validation_shares(figures) is None


def test_the_same_shares_have_the_index_zero() -> None:
    assert stability_index((500, 200, 300), (0.5, 0.2, 0.3)) == pytest.approx(0)


def test_the_index_is_the_published_sum() -> None:
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.1 - 0.2) ln(0.1 / 0.2) + 0
    index = stability_index((600, 100, 300), (0.5, 0.2, 0.3))

    assert index == pytest.approx(0.018232 + 0.069315, abs=1e-6)


def test_an_empty_zone_makes_a_large_index_and_no_fault() -> None:
    assert stability_index((0, 0, 200), (0.5, 0.2, 0.3)) > 1


def test_few_pictures_tell_nothing() -> None:
    assert stability_index((50, 20, 29), (0.5, 0.2, 0.3)) is None
