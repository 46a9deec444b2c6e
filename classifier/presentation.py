"""A prediction in plain words and in the numbers that its page draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.models import Prediction, ShareLink, Submission, Verdict

# The hyphens don't break a line.
HEADLINES = {
    Verdict.AI: _("Probably AI‑generated"),
    Verdict.HUMAN: _("Probably human‑made"),
    Verdict.UNCERTAIN: _("Uncertain"),
}
SUMMARIES = {
    Verdict.AI: _(
        "The picture has patterns that the detector knows from AI generators."
    ),
    Verdict.HUMAN: _("The detector found little that it knows from AI generators."),
    Verdict.UNCERTAIN: _(
        "The evidence points neither way clearly enough for a verdict."
    ),
}
# Where something other than the score's own verdict is shown.
RULE_HEADLINES = {
    "signed_ai": _("Signed as AI‑generated"),
    "signed_part_ai": _("Signed as partly AI"),
    "signed_capture": _("Signed as taken by a camera"),
}
RULE_SUMMARIES = {
    "signed_ai": _(
        "A signer whom this site trusts states that a trained AI model generated the "
        "picture. That outweighs the estimate."
    ),
    "signed_part_ai": _(
        "A signer whom this site trusts states that generative AI made a part of the "
        "picture. That outweighs the estimate."
    ),
    "signed_capture": _(
        "A signer whom this site trusts states that a camera took the picture, and "
        "names no change by AI. That outweighs the estimate. It does not show what "
        "stood in front of the camera."
    ),
    "tiny": _("The picture has too few pixels for a verdict."),
    "unstable": _(
        "The estimate does not hold: small changes of the picture lead to another "
        "verdict."
    ),
}
LARGER_COPY = _(
    "Try the original file: screenshots and copies sent by messengers lose detail."
)
FIRST_APPEARANCE = _("Look for where the picture first appeared and who published it.")
WHO_SIGNED = _("See below who signed it; the statement is theirs.")
NEXT_STEPS = {
    Verdict.AI: (
        FIRST_APPEARANCE,
        _("Compare it with other pictures of the same scene."),
        _("Don't accuse anybody on the strength of this estimate alone."),
    ),
    Verdict.HUMAN: (
        _(
            "This is no certificate: a generator that is new to it can pass as "
            "human-made."
        ),
        _("If much depends on it, ask for the original file and its history."),
    ),
    Verdict.UNCERTAIN: (LARGER_COPY, FIRST_APPEARANCE),
}
RULE_NEXT_STEPS = {
    "signed_ai": (
        WHO_SIGNED,
        _("A true signature does not make a caption true: look for where it appeared."),
    ),
    "signed_part_ai": (
        _("See below who signed it, and which changes the history lists."),
        _("If much depends on it, ask for the picture before the changes."),
    ),
    "signed_capture": (
        WHO_SIGNED,
        _("A camera can be pointed at a screen: compare other pictures of the scene."),
    ),
    "tiny": (_("Find a larger copy of the picture, best of all the original file."),),
    "unstable": (LARGER_COPY, FIRST_APPEARANCE),
}
SOURCES = {
    "c2pa": _("Content Credentials"),
    "xmp": _("XMP metadata"),
    "iptc": _("IPTC metadata"),
    "exif": _("EXIF metadata"),
    "png": _("PNG text"),
    "comment": _("File comment"),
}
CLAIMS = {
    "ai": _("Says: made with AI"),
    "camera": _("Says: taken with a camera"),
    "edited": _("Says: edited"),
    "unknown": _("Says nothing about AI"),
}
SIGNED = ("trusted", "signed")
AGAINST_VERDICT = {
    "ai": _(
        "A valid signature in the file says that AI made it. It does not change the "
        "verdict, because this site does not trust every signer of it or because it "
        "leaves the origin open; see below."
    ),
    "camera": _(
        "A valid signature in the file says that a camera took it. It does not change "
        "the verdict, because this site does not trust every signer of it or because "
        "it leaves the origin open; see below."
    ),
}
STRENGTHS = {
    "trusted": (_("Strong"), _("signed by somebody this site trusts")),
    "signed": (
        _("Medium"),
        _("the signature is valid, the signer is not on the trust list"),
    ),
    "unsigned": (_("Weak"), _("anybody can write, copy or remove this")),
    "broken": (_("Worthless"), _("it was signed, but no longer fits the picture")),
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
    """Positions on the probability scale, as percentages of its width.

    The two words are the thresholds as people read them.
    """

    marker: str
    human: str
    band: str
    ai: str
    ai_width: str
    human_words: str
    ai_words: str


@dataclass(frozen=True)
class Card:
    """How a shared link looks in a chat; `picture` is a path, empty if not shared."""

    title: str
    description: str
    picture: str


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
        headline=str(RULE_HEADLINES.get(prediction.rule, HEADLINES[verdict])),
        summary=str(RULE_SUMMARIES.get(prediction.rule, SUMMARIES[verdict])),
        probability=percent(prediction.ai_probability),
        scale=_scale(prediction),
        operating_point=_operating_point(prediction),
        next_steps=tuple(
            map(str, RULE_NEXT_STEPS.get(prediction.rule, NEXT_STEPS[verdict]))
        ),
        findings=[_finding(signal) for signal in prediction.provenance],
        contradiction=_contradiction(prediction),
    )


def share_card(submission: Submission, link: ShareLink) -> Card:
    """The standing verdict, and the picture only where its owner shares it."""
    prediction, correction = submission.latest_prediction, submission.correction
    result = present(prediction)
    title = result.headline
    if correction:
        label = correction.get_reviewer_label_display()
        title = gettext("Corrected after review: %(verdict)s") % {"verdict": label}
    shown = link.with_picture and submission.preview
    likely = gettext("%(probability)s likely to be AI, by the detector’s estimate.")
    return Card(
        title=title,
        description=f"{likely % {'probability': result.probability}} {result.summary}",
        picture=reverse("classifier:shared_picture", args=[link.token])
        if shown
        else "",
    )


def percent(probability: float) -> str:
    """0–1 in whole per cent; never a certainty that no detector has."""
    if probability > 0.99:
        return gettext("over 99%")
    if probability < 0.01:
        return gettext("under 1%")
    return f"{probability:.0%}"


def _scale(prediction: Prediction) -> Scale:
    human, ai = prediction.human_threshold, prediction.ai_threshold
    return Scale(
        marker=_position(prediction.ai_probability),
        human=_position(human),
        band=_position(ai - human),
        ai=_position(ai),
        ai_width=_position(1 - ai),
        human_words=percent(human),
        ai_words=percent(ai),
    )


def _position(share: float) -> str:
    return f"{share * 100:.2f}%"


def _operating_point(prediction: Prediction) -> str:
    """The thresholds and what they cost, as measured on the validation pictures."""
    sentence = thresholds_sentence(prediction.ai_threshold, prediction.human_threshold)
    if prediction.false_positive_rate is None:
        return sentence
    mistakes = _frequency(prediction.false_positive_rate)
    if prediction.recall is None:
        cost = gettext("In validation it called %(mistakes)s human-made pictures AI.")
        return f"{sentence} {cost % {'mistakes': mistakes}}"
    cost = gettext(
        "In validation it called %(mistakes)s human-made pictures AI and found "
        "%(found)s AI pictures."
    )
    values = {"mistakes": mistakes, "found": _frequency(prediction.recall)}
    return f"{sentence} {cost % values}"


def thresholds_sentence(ai: float, human: float) -> str:
    """From where on it says AI, and up to where human-made; both in 0–1."""
    return gettext("It says AI from %(ai)s upwards and human-made up to %(human)s.") % {
        "ai": percent(ai),
        "human": percent(human),
    }


def _frequency(rate: float) -> str:
    """A rate as a count out of a round number: 0.012 → "about 1 in 100"."""
    if rate == 0:
        return gettext("none of the")
    base = 100 if rate >= 0.0095 else 1000
    return about(max(1, round(rate * base)), base)


def about(count: int, base: int) -> str:
    """A rounded share, such as “about 1 in 100”."""
    return gettext("about %(count)s in %(base)s") % {
        "count": count,
        "base": f"{base:,}",
    }


def _finding(signal: dict[str, Any]) -> Finding:
    word, reason = STRENGTHS[signal["strength"]]
    return Finding(
        source=str(SOURCES.get(signal["source"], signal["source"].upper())),
        claim=str(CLAIMS[signal["claim"]]),
        detail=signal["detail"],
        strength=signal["strength"],
        strength_word=str(word),
        strength_reason=str(reason),
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
        return str(AGAINST_VERDICT["ai"])
    if "camera" in signed and prediction.verdict == Verdict.AI:
        return str(AGAINST_VERDICT["camera"])
    return ""
