"""A prediction in plain words and in the numbers that its page draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.models import Prediction, Verdict

# The hyphens don't break a line.
HEADLINES = {
    Verdict.AI: "Probably AI\u2011generated",
    Verdict.HUMAN: "Probably human\u2011made",
    Verdict.UNCERTAIN: "Uncertain",
}
SUMMARIES = {
    Verdict.AI: "The picture has patterns that the detector knows from AI generators.",
    Verdict.HUMAN: "The detector found little that it knows from AI generators.",
    Verdict.UNCERTAIN: "The evidence points neither way clearly enough for a verdict.",
}
# Where something other than the score's own verdict is shown.
RULE_HEADLINES = {
    "signed_ai": "Signed as AI\u2011generated",
    "signed_part_ai": "Signed as partly AI",
    "signed_capture": "Signed as taken by a camera",
}
RULE_SUMMARIES = {
    "signed_ai": "A signer whom this site trusts states that a trained AI model "
    "generated the picture. That outweighs the estimate.",
    "signed_part_ai": "A signer whom this site trusts states that generative AI made a "
    "part of the picture. That outweighs the estimate.",
    "signed_capture": "A signer whom this site trusts states that a camera took the "
    "picture, and names no change by AI. That outweighs the estimate. It does not "
    "show what stood in front of the camera.",
    "tiny": "The picture has too few pixels for a verdict.",
    "unstable": "The estimate does not hold: small changes of the picture lead to "
    "another verdict.",
}
NEXT_STEPS = {
    Verdict.AI: (
        "Look for where the picture first appeared and who published it.",
        "Compare it with other pictures of the same scene.",
        "Don't accuse anybody on the strength of this estimate alone.",
    ),
    Verdict.HUMAN: (
        "This is no certificate: a generator that is new to it can pass as human-made.",
        "If much depends on it, ask for the original file and its history.",
    ),
    Verdict.UNCERTAIN: (
        "Try the original file: screenshots and copies sent by messengers lose detail.",
        "Look for where the picture first appeared and who published it.",
    ),
}
RULE_NEXT_STEPS = {
    "signed_ai": (
        "See below who signed it; the statement is theirs.",
        "A true signature does not make a caption true: look for where it appeared.",
    ),
    "signed_part_ai": (
        "See below who signed it, and which changes the history lists.",
        "If much depends on it, ask for the picture before the changes.",
    ),
    "signed_capture": (
        "See below who signed it; the statement is theirs.",
        "A camera can be pointed at a screen: compare other pictures of the scene.",
    ),
    "tiny": ("Find a larger copy of the picture, best of all the original file.",),
    "unstable": (
        "Try the original file: screenshots and copies sent by messengers lose detail.",
        "Look for where the picture first appeared and who published it.",
    ),
}
SOURCES = {
    "c2pa": "Content Credentials",
    "xmp": "XMP metadata",
    "iptc": "IPTC metadata",
    "exif": "EXIF metadata",
    "png": "PNG text",
    "comment": "File comment",
}
CLAIMS = {
    "ai": "Says: made with AI",
    "camera": "Says: taken with a camera",
    "edited": "Says: edited",
    "unknown": "Says nothing about AI",
}
SIGNED = ("trusted", "signed")
NO_WEIGHT = (
    "It does not change the verdict, because this site does not trust every signer of "
    "it or because it leaves the origin open; see below."
)
STRENGTHS = {
    "trusted": ("Strong", "signed by somebody this site trusts"),
    "signed": ("Medium", "the signature is valid, the signer is not on the trust list"),
    "unsigned": ("Weak", "anybody can write, copy or remove this"),
    "broken": ("Worthless", "it was signed, but no longer fits the picture"),
}


@dataclass(frozen=True)
class Finding:
    """One statement of the file about its own origin, and how far to believe it."""

    source: str
    claim: str
    detail: str
    strength: str
    strength_word: str
    strength_reason: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Scale:
    """Positions on the probability scale, as percentages of its width."""

    marker: str
    human: str
    band: str
    ai: str
    ai_width: str


@dataclass(frozen=True)
class Result:
    """What the result page says about one prediction."""

    headline: str
    summary: str
    probability: str
    scale: Scale
    operating_point: str
    next_steps: tuple[str, ...]
    findings: list[Finding]
    contradiction: str


def present(prediction: Prediction) -> Result:
    """Everything the page says beyond the stored facts."""
    verdict = Verdict(prediction.verdict)
    return Result(
        headline=RULE_HEADLINES.get(prediction.rule, HEADLINES[verdict]),
        summary=RULE_SUMMARIES.get(prediction.rule, SUMMARIES[verdict]),
        probability=percent(prediction.ai_probability),
        scale=_scale(prediction),
        operating_point=_operating_point(prediction),
        next_steps=RULE_NEXT_STEPS.get(prediction.rule, NEXT_STEPS[verdict]),
        findings=[_finding(signal) for signal in prediction.provenance],
        contradiction=_contradiction(prediction),
    )


def percent(probability: float) -> str:
    """0–1 in whole per cent; never a certainty that no detector has."""
    if probability > 0.99:
        return "over 99%"
    if probability < 0.01:
        return "under 1%"
    return f"{probability:.0%}"


def _scale(prediction: Prediction) -> Scale:
    human, ai = prediction.human_threshold, prediction.ai_threshold
    return Scale(
        marker=_position(prediction.ai_probability),
        human=_position(human),
        band=_position(ai - human),
        ai=_position(ai),
        ai_width=_position(1 - ai),
    )


def _position(share: float) -> str:
    return f"{share * 100:.2f}%"


def _operating_point(prediction: Prediction) -> str:
    """The thresholds and what they cost, as measured on the validation pictures."""
    sentence = (
        f"It says AI from {percent(prediction.ai_threshold)} upwards and human-made "
        f"up to {percent(prediction.human_threshold)}."
    )
    if prediction.false_positive_rate is None:
        return sentence
    mistakes = _frequency(prediction.false_positive_rate)
    sentence += f" In validation it called {mistakes} human-made pictures AI"
    if prediction.recall is not None:
        sentence += f" and found {_frequency(prediction.recall)} AI pictures"
    return f"{sentence}."


def _frequency(rate: float) -> str:
    """A rate as a count out of a round number: 0.012 → "about 1 in 100"."""
    if rate == 0:
        return "none of the"
    base = 100 if rate >= 0.0095 else 1000
    return f"about {max(1, round(rate * base))} in {base:,}"


def _finding(signal: dict[str, Any]) -> Finding:
    word, reason = STRENGTHS[signal["strength"]]
    return Finding(
        source=SOURCES.get(signal["source"], signal["source"].upper()),
        claim=CLAIMS[signal["claim"]],
        detail=signal["detail"],
        strength=signal["strength"],
        strength_word=word,
        strength_reason=reason,
        facts=[(name.replace("_", " "), text) for name, text in signal["data"].items()],
    )


def _contradiction(prediction: Prediction) -> str:
    """A signed statement that the verdict does not follow, as a sentence; else empty.

    A signature that nobody vouches for is worth a look and decides nothing.
    """
    signed = {s["claim"] for s in prediction.provenance if s["strength"] in SIGNED}
    if prediction.ground == "credential":
        return ""
    if "ai" in signed and prediction.verdict != Verdict.AI:
        return f"A valid signature in the file says that AI made it. {NO_WEIGHT}"
    if "camera" in signed and prediction.verdict == Verdict.AI:
        return f"A valid signature in the file says that a camera took it. {NO_WEIGHT}"
    return ""
