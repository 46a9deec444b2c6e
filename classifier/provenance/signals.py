"""The value that provenance reading returns: one finding about a file's origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Source = Literal["c2pa", "xmp", "iptc", "exif", "png", "comment"]
Claim = Literal["ai", "camera", "edited", "unknown"]
Strength = Literal["trusted", "signed", "unsigned", "broken"]

MAX_DETAIL = 300
MAX_VALUE = 200
# A prompt is what the owner wants to read in full; the other facts are labels.
MAX_PROMPT = 2000
PROMPT_NAMES = ("prompt", "negative_prompt")


@dataclass(frozen=True)
class TrustSettings:
    """Whom the owner of the site trusts to sign Content Credentials.

    `anchors` is a PEM file of certificates; without one a valid signature is
    `signed` and never `trusted`.
    """

    anchors: Path | None = None


@dataclass(frozen=True)
class Signal:
    """One thing the file says about where it came from.

    `source` is the container that holds the statement, `claim` what it states and
    `detail` one sentence for people. `strength` says how far it can be believed:
    `trusted` (a valid signature of somebody on the trust list), `signed` (a valid
    signature of anybody), `unsigned` (anybody can write it) or `broken` (signed, but
    the content or the signature no longer fits). `data` holds short named facts such
    as `prompt`, `model` or `camera`.
    """

    source: Source
    claim: Claim
    detail: str
    strength: Strength = "unsigned"
    data: dict[str, str] = field(default_factory=dict)


def finding(
    source: Source,
    claim: Claim,
    detail: str,
    *,
    strength: Strength = "unsigned",
    **data: object,
) -> Signal:
    """A signal whose texts are printable and bounded; empty facts are left out."""
    facts = {
        name: clean(value, MAX_PROMPT if name in PROMPT_NAMES else MAX_VALUE)
        for name, value in data.items()
        if value is not None
    }
    return Signal(
        source=source,
        claim=claim,
        detail=clean(detail, MAX_DETAIL),
        strength=strength,
        data={name: value for name, value in facts.items() if value},
    )


def clean(value: object, limit: int) -> str:
    """`value` as text of at most `limit` printable characters, whitespace folded.

    Files carry terminal escapes and bidirectional overrides; what is not printable
    becomes a space, so that a name cannot rearrange the sentence around it.
    """
    text = str(value)[: limit * 4]
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    folded = " ".join(printable.split())
    return folded if len(folded) <= limit else f"{folded[: limit - 1]}…"
