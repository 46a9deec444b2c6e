"""Two ways of judging agree as far as their verdicts and their ranking do."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.agreement import Agreement, verdicts
from classifier.inference.bundle import ModelCard, load_bundle
from classifier.inference.types import OperatingPoint
from tests.bundles import tiny_bundle

LOGITS = np.array([-4.0, -3.0, 3.0, 4.0])
LABELS = np.array([False, False, True, True])


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    card = load_bundle(tiny_bundle(tmp_path)).card
    point = OperatingPoint(human_threshold=0.25, ai_threshold=0.75)
    return replace(card, temperature=2.0, operating_point=point)


def test_verdicts_are_those_of_the_calibrated_probability(card: ModelCard) -> None:
    # 2 · ln 3 divided by the temperature is a probability of 0.75.
    edge = 2 * math.log(3)

    assert verdicts(np.array([-3, 0, edge - 0.01, edge + 0.01]), card) == [
        "human",
        "uncertain",
        "uncertain",
        "ai",
    ]


def test_the_same_answers_agree_wholly(card: ModelCard) -> None:
    found = Agreement.of(LOGITS, LOGITS, LABELS, card)

    assert (found.same_verdicts, found.largest_delta) == (1, 0)
    assert found.auroc == found.reference_auroc == 1
    assert found.good_enough


def test_the_shares_and_distances_are_those_of_the_pictures(card: ModelCard) -> None:
    found = Agreement.of(LOGITS, np.array([-4.0, -3.0, 1.0, 5.0]), LABELS, card)

    assert found.same_verdicts == 0.75
    assert (found.mean_delta, found.largest_delta) == (0.75, 2)


def test_one_verdict_in_a_hundred_is_too_many(card: ModelCard) -> None:
    reference = np.tile(LOGITS, 25)
    other = reference.copy()
    other[2] = 0

    assert not Agreement.of(reference, other, np.tile(LABELS, 25), card).good_enough


def test_a_worse_ranking_is_not_good_enough(card: ModelCard) -> None:
    reference, other = LOGITS, np.array([-4.0, 3.5, 3.0, 4.0])
    blind = replace(card, operating_point=OperatingPoint(0.0, 1.0))

    found = Agreement.of(reference, other, LABELS, blind)

    assert found.same_verdicts == 1
    assert not found.good_enough


def test_one_class_alone_has_no_auroc(card: ModelCard) -> None:
    found = Agreement.of(LOGITS, LOGITS, np.ones(4, bool), card)

    assert math.isnan(found.auroc)


def test_nothing_cannot_be_compared(card: ModelCard) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        Agreement.of(LOGITS[:0], LOGITS[:0], LABELS[:0], card)
