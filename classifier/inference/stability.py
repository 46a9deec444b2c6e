"""How firm a verdict is: the same picture, changed a little, judged again.

The changes are what happens to pictures on their way through the web. None of them
turns a photograph into a generated picture or back, so a score that depends on them
says little about the picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.types import Verdict

JPEG_QUALITY = 60
CROP_SHARE = 0.8

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Variant:
    """What the detector says of one changed copy; `ai_probability` is calibrated."""

    name: str
    ai_probability: float
    verdict: Verdict


@dataclass(frozen=True)
class Stability:
    """The verdicts on a picture and its changed copies.

    `low` and `high` are the range of the calibrated probability, in 0–1, over the
    picture itself and all `variants`. `flips` is whether a verdict of `ai` or `human`
    is contradicted: by a copy with the opposite verdict, or by half of the copies or
    more that don't share it.
    """

    low: float
    high: float
    variants: tuple[Variant, ...]
    flips: bool


def changed_copies(pixels: Pixels, view: int) -> dict[str, Pixels]:
    """Changed copies of a picture, (height, width, 3) uint8 RGB, by name.

    `flip` is mirrored, `jpeg` saved at quality 60, `crop` the middle 80 % of each
    side, `half` half as large but never smaller than the network's square of `view`
    pixels, since beyond that it would be another picture and not a smaller copy.
    """
    image = Image.fromarray(pixels)
    changes: dict[str, Callable[[Image.Image], Image.Image]] = {
        "flip": lambda copy: copy.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "jpeg": _recompressed,
        "half": lambda copy: _halved(copy, view),
        "crop": _centre,
    }
    return {name: np.asarray(change(image)) for name, change in changes.items()}


def summarise(
    verdict: Verdict, probability: float, variants: tuple[Variant, ...]
) -> Stability:
    """The range of the probabilities, and whether the verdict outlives the changes."""
    probabilities = [probability, *(variant.ai_probability for variant in variants)]
    return Stability(
        low=min(probabilities),
        high=max(probabilities),
        variants=variants,
        flips=_flips(verdict, [variant.verdict for variant in variants]),
    )


def _flips(verdict: Verdict, others: list[Verdict]) -> bool:
    if verdict == "uncertain":
        return False
    opposite = "human" if verdict == "ai" else "ai"
    return opposite in others or others.count(verdict) * 2 <= len(others)


def _recompressed(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=JPEG_QUALITY)
    return Image.open(file).convert("RGB")


def _halved(image: Image.Image, view: int) -> Image.Image:
    scale = min(1.0, max(0.5, view / min(image.size)))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2)


def _centre(image: Image.Image) -> Image.Image:
    width = max(1, round(image.width * CROP_SHARE))
    height = max(1, round(image.height * CROP_SHARE))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
