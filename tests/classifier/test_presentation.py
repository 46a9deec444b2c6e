"""What the result page says in words."""

from __future__ import annotations

import pytest

from classifier.models import Prediction
from classifier.presentation import percent, present


def prediction(**values: object) -> Prediction:
    defaults = {
        "verdict": "human",
        "ai_probability": 0.12,
        "ai_threshold": 0.8,
        "human_threshold": 0.3,
        "false_positive_rate": 0.012,
        "recall": 0.874,
    }
    return Prediction(**defaults | values)


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.0, "under 1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (1.0, "over 99%")],
)
def test_no_probability_is_shown_as_certain(probability: float, text: str) -> None:
    assert percent(probability) == text


def test_the_operating_point_is_told_with_what_was_measured() -> None:
    assert present(prediction()).operating_point == (
        "It says AI from 80% upwards and human-made up to 30%. In validation it called "
        "about 1 in 100 human-made pictures AI and found about 87 in 100 AI pictures."
    )


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.0, "none of the"), (0.004, "about 4 in 1,000"), (0.25, "about 25 in 100")],
)
def test_rates_are_told_as_counts(rate: float, words: str) -> None:
    text = present(prediction(false_positive_rate=rate)).operating_point

    assert f"called {words} human-made pictures AI" in text


def test_rates_that_nobody_measured_are_left_out() -> None:
    text = present(prediction(false_positive_rate=None)).operating_point

    assert text == "It says AI from 80% upwards and human-made up to 30%."


def signal(claim: str, strength: str) -> dict[str, object]:
    return {
        "source": "c2pa",
        "claim": claim,
        "detail": "Signed by a camera.",
        "strength": strength,
        "data": {"camera_model": "X1"},
    }


def test_each_finding_says_how_far_it_can_be_believed() -> None:
    [finding] = present(prediction(provenance=[signal("camera", "unsigned")])).findings

    assert finding.source == "Content Credentials"
    assert finding.strength_word == "Weak"
    assert finding.facts == [("camera model", "X1")]


@pytest.mark.parametrize(
    ("verdict", "claim", "strength", "words"),
    [
        ("human", "ai", "signed", "AI made it"),
        ("uncertain", "ai", "trusted", "AI made it"),
        ("ai", "camera", "signed", "a camera took it"),
        ("human", "ai", "unsigned", ""),
        ("human", "ai", "broken", ""),
        ("human", "camera", "trusted", ""),
        ("ai", "ai", "trusted", ""),
    ],
)
def test_a_signature_that_decides_nothing_is_pointed_to(
    verdict: str, claim: str, strength: str, words: str
) -> None:
    result = present(prediction(verdict=verdict, provenance=[signal(claim, strength)]))

    assert words in result.contradiction
    assert bool(result.contradiction) is bool(words)


@pytest.mark.parametrize(
    ("rule", "verdict", "headline"),
    [
        ("signed_ai", "ai", "Signed as AI\u2011generated"),
        ("signed_part_ai", "uncertain", "Signed as partly AI"),
        ("signed_capture", "human", "Signed as taken by a camera"),
    ],
)
def test_a_signed_verdict_is_told_apart_from_an_estimate(
    rule: str, verdict: str, headline: str
) -> None:
    signed = prediction(
        verdict=verdict,
        rule=rule,
        ground="credential",
        provenance=[signal("camera", "trusted")],
    )

    result = present(signed)

    assert result.headline == headline
    assert "outweighs the estimate" in result.summary
    assert "who signed it" in result.next_steps[0]
    assert result.contradiction == ""
