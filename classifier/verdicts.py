"""One verdict from two kinds of ground: what is signed, and what is estimated.

The table below is all there is. Only Content Credentials whose every signer is on the
owner's trust list outweigh the score, and only when they name a digital source type;
whatever else a file says adds words and changes nothing. docs/verdicts.md explains it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from classifier.inference.types import Verdict
from classifier.provenance.signals import Signal

Ground = Literal["credential", "score"]
RuleName = Literal[
    "signed_ai", "signed_part_ai", "signed_capture", "tiny", "unstable", "score"
]

# Icons and tracking pixels: nothing of the kind was trained on or measured.
LEAST_SIDE = 32

# Source types of pictures that generative AI made in part.
_PART_AI = ("compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")


@dataclass(frozen=True)
class Rule:
    """One row of the table; `verdict` is `None` where the score's own verdict holds.

    `reason` ends the sentence “This verdict …” for people.
    """

    name: RuleName
    ground: Ground
    verdict: Verdict | None
    reason: str


@dataclass(frozen=True)
class Ruling:
    """The verdict that is shown, and the rule that decided it."""

    verdict: Verdict
    rule: Rule


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "signed_ai",
            "credential",
            "ai",
            "rests on a trusted signature in the file: it states that a trained AI "
            "model generated the picture.",
        ),
        Rule(
            "signed_part_ai",
            "credential",
            "uncertain",
            "rests on a trusted signature in the file: it states that generative AI "
            "made a part of the picture, so neither other answer would be right.",
        ),
        Rule(
            "signed_capture",
            "credential",
            "human",
            "rests on a trusted signature in the file: it states that a camera took "
            "the picture, and it lists no change by AI.",
        ),
        Rule(
            "tiny",
            "score",
            "uncertain",
            "rests on the size of the picture: so few pixels cannot be judged.",
        ),
        Rule(
            "unstable",
            "score",
            "uncertain",
            "rests on the estimate from the picture, which small changes overturn.",
        ),
        Rule("score", "score", None, "rests on the estimate from the picture alone."),
    )
}


def decide(
    score: Verdict,
    *,
    credential: Rule | None = None,
    tiny: bool = False,
    flips: bool = False,
) -> Ruling:
    """The one verdict. The first that applies: credential, tiny, unstable, score.

    `score` is the verdict of the calibrated score by its thresholds, `credential` what
    `credential_rule` found in the file, `tiny` what `is_tiny` says, `flips` whether
    changed copies contradict the score's verdict.
    """
    if credential is not None:
        rule = credential
    elif tiny:
        rule = RULES["tiny"]
    elif flips and score != "uncertain":
        rule = RULES["unstable"]
    else:
        rule = RULES["score"]
    return Ruling(verdict=rule.verdict or score, rule=rule)


def is_tiny(width: int, height: int) -> bool:
    """Whether a picture of that many pixels says too little for a verdict."""
    return min(width, height) < LEAST_SIDE


def credential_rule(signals: Iterable[Signal]) -> Rule | None:
    """The rule of the file's trusted Content Credentials, or none that decides."""
    for signal in signals:
        if signal.source == "c2pa" and signal.strength == "trusted":
            return _rule_of(signal)
    return None


def reason_of(rule: str) -> str:
    """The ground of a verdict as a sentence; an unknown rule is the plain score."""
    return f"This verdict {RULES.get(rule, RULES['score']).reason}"


def _rule_of(signal: Signal) -> Rule | None:
    term = signal.data.get("digital_source_type")
    # A name of a program, or edits of unstated kind, are too little to overrule.
    if term is None:
        return None
    if signal.claim == "ai":
        return RULES["signed_ai"]
    if term in _PART_AI:
        return RULES["signed_part_ai"]
    if signal.claim == "camera" and "foreign_parts" not in signal.data:
        return RULES["signed_capture"]
    return None
