"""The rule table of docs/verdicts.md, row by row."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from classifier.inference.types import Verdict
from classifier.provenance import Signal
from classifier.provenance.signals import Claim, Strength
from classifier.provenance.source_types import SOURCE_TYPES
from classifier.verdicts import RULES, credential_rule, decide, is_tiny, reason_of

PAGE = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text(encoding="utf-8")
VERDICTS = get_args(Verdict)


def credential(
    term: str | None, *, strength: Strength = "trusted", **facts: str
) -> Signal:
    """Content Credentials that state a digital source type."""
    claim: Claim = SOURCE_TYPES[term].claim if term else "unknown"
    data = facts | ({"digital_source_type": term} if term else {})
    return Signal("c2pa", claim, "Signed.", strength, data)


def ruling(score: Verdict, signals: list[Signal], *, flips: bool = False) -> tuple:
    decided = decide(score, credential=credential_rule(signals), flips=flips)
    return decided.rule.name, decided.rule.ground, decided.verdict


@pytest.mark.parametrize(
    ("term", "rule", "verdict"),
    [
        ("trainedAlgorithmicMedia", "signed_ai", "ai"),
        ("trainedAlgorithmicData", "signed_ai", "ai"),
        ("compositeWithTrainedAlgorithmicMedia", "signed_part_ai", "uncertain"),
        ("compositeSynthetic", "signed_part_ai", "uncertain"),
        ("digitalCapture", "signed_capture", "human"),
        ("computationalCapture", "signed_capture", "human"),
        ("compositeCapture", "signed_capture", "human"),
        ("negativeFilm", "signed_capture", "human"),
        ("positiveFilm", "signed_capture", "human"),
    ],
)
def test_a_trusted_credential_outweighs_any_score(
    term: str, rule: str, verdict: str
) -> None:
    for score, flips in product(VERDICTS, (False, True)):
        decided = ruling(score, [credential(term)], flips=flips)
        assert decided == (rule, "credential", verdict)


@pytest.mark.parametrize(
    "term",
    [
        None,
        "composite",
        "algorithmicallyEnhanced",
        "humanEdits",
        "minorHumanEdits",
        "print",
        "digitalArt",
        "digitalCreation",
        "algorithmicMedia",
        "dataDrivenMedia",
        "screenCapture",
        "virtualRecording",
    ],
)
def test_a_trusted_credential_that_leaves_the_origin_open_decides_nothing(
    term: str | None,
) -> None:
    for score in VERDICTS:
        assert ruling(score, [credential(term)]) == ("score", "score", score)


def test_a_picture_of_a_few_pixels_gets_no_verdict_from_its_score() -> None:
    for score, flips in product(VERDICTS, (False, True)):
        decided = decide(score, tiny=True, flips=flips)
        assert (decided.rule.name, decided.verdict) == ("tiny", "uncertain")


def test_a_trusted_credential_holds_for_a_picture_of_a_few_pixels() -> None:
    rule = credential_rule([credential("digitalCapture")])

    assert decide("ai", credential=rule, tiny=True).verdict == "human"


@pytest.mark.parametrize(
    ("width", "height", "tiny"), [(1, 1, True), (31, 900, True), (32, 32, False)]
)
def test_the_shorter_side_says_whether_a_picture_is_tiny(
    width: int, height: int, tiny: bool
) -> None:
    assert is_tiny(width, height) is tiny


def test_every_source_type_has_a_row() -> None:
    deciding = {
        term for term in SOURCE_TYPES if credential_rule([credential(term)]) is not None
    }

    assert {term for term in SOURCE_TYPES if f"`{term}`" in PAGE} == set(SOURCE_TYPES)
    assert len(deciding) == 9


@pytest.mark.parametrize("parts", ["placed pictures", "Adobe Firefly"])
def test_a_capture_with_parts_of_another_origin_decides_nothing(parts: str) -> None:
    signal = credential("digitalCapture", foreign_parts=parts)

    assert ruling("ai", [signal]) == ("score", "score", "ai")


def test_a_known_generator_without_a_source_type_decides_nothing() -> None:
    signal = Signal("c2pa", "ai", "Made with a generator.", "trusted", {})

    assert ruling("human", [signal]) == ("score", "score", "human")


@pytest.mark.parametrize("strength", ["signed", "unsigned", "broken"])
def test_credentials_that_nobody_vouches_for_only_add_words(
    strength: Strength,
) -> None:
    for term, score in product(SOURCE_TYPES, VERDICTS):
        signals = [credential(term, strength=strength)]
        assert ruling(score, signals) == ("score", "score", score)


@pytest.mark.parametrize("source", ["xmp", "iptc", "exif", "png", "comment"])
def test_an_unsigned_hint_only_adds_words(source: str) -> None:
    facts = {"digital_source_type": "trainedAlgorithmicMedia"}
    for claim, score in product(get_args(Claim), VERDICTS):
        signals = [Signal(source, claim, "It says so.", "unsigned", facts)]
        assert ruling(score, signals) == ("score", "score", score)


def test_an_unsigned_hint_does_not_weaken_a_trusted_credential() -> None:
    hint = Signal("png", "ai", "Settings of a generator.", "unsigned")

    decided = ruling("ai", [credential("digitalCapture"), hint])

    assert decided == ("signed_capture", "credential", "human")


@pytest.mark.parametrize("score", ["ai", "human"])
def test_a_verdict_that_changed_copies_contradict_is_uncertain(score: Verdict) -> None:
    assert ruling(score, [], flips=True) == ("unstable", "score", "uncertain")


def test_an_uncertain_score_has_nothing_to_lose() -> None:
    assert ruling("uncertain", [], flips=True) == ("score", "score", "uncertain")


@pytest.mark.parametrize("score", VERDICTS)
def test_without_any_statement_the_score_decides(score: Verdict) -> None:
    assert ruling(score, []) == ("score", "score", score)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_documented_and_has_a_reason(name: str) -> None:
    assert f"`{name}`" in PAGE
    assert reason_of(name).startswith("This verdict rests on")


def test_a_rule_of_another_version_is_told_as_the_score() -> None:
    assert reason_of("retired") == reason_of("score")
