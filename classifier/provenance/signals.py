"""The value that provenance reading returns: one finding about a file's origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Source = Literal["c2pa", "xmp", "iptc", "exif", "png", "jpeg", "aigc"]
Claim = Literal["ai", "camera", "edited", "unknown"]
Strength = Literal["trusted", "signed", "unsigned", "broken"]


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
