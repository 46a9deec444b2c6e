"""What the web does to a picture: named, repeatable changes, alike for both classes."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

Perturbation = Callable[[Image.Image], Image.Image]

CLEAN = "clean"


def unchanged(image: Image.Image) -> Image.Image:
    """The picture as it is."""
    return image


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Saved as JPEG and read again, with Pillow's 4:2:0 colour."""
    return _recode(image, "JPEG", quality)


def webp(image: Image.Image, quality: int) -> Image.Image:
    """Saved as lossy WebP and read again."""
    return _recode(image, "WEBP", quality)


def resize(image: Image.Image, factor: float) -> Image.Image:
    """Both sides times `factor`, bicubic."""
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.BICUBIC)


def blur(image: Image.Image, sigma: float) -> Image.Image:
    """Gaussian blur; `sigma` in pixels."""
    return image.filter(ImageFilter.GaussianBlur(sigma))


def noise(image: Image.Image, deviation: float) -> Image.Image:
    """Gaussian noise of that standard deviation, in levels of 255.

    Its seed is the picture itself: the same picture always gets the same noise, and
    two pictures never share a pattern.
    """
    pixels = np.asarray(image, dtype=np.float32)
    rng = np.random.default_rng(zlib.crc32(image.tobytes()))
    noisy = pixels + rng.standard_normal(pixels.shape, dtype=np.float32) * deviation
    return Image.fromarray(np.clip(noisy.round(), 0, 255).astype(np.uint8))


def centre_crop(image: Image.Image, share: float) -> Image.Image:
    """The middle part, with `share` of each side."""
    width, height = (
        max(1, round(image.width * share)),
        max(1, round(image.height * share)),
    )
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def flip(image: Image.Image, method: Image.Transpose) -> Image.Image:
    """Mirrored, left to right or top to bottom."""
    return image.transpose(method)


def posted(image: Image.Image, longest: int, quality: int) -> Image.Image:
    """As a site stores a posted picture: at most `longest` pixels wide or high, JPEG.

    Smaller pictures keep their size and are only compressed.
    """
    small = image.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return jpeg(small, quality)


TIERS: dict[str, Perturbation] = {
    CLEAN: unchanged,
    "web": partial(posted, longest=768, quality=60),
    "hard": partial(posted, longest=512, quality=40),
}

# Each curve is one family, from mild to harsh.
CURVES: dict[str, dict[str, Perturbation]] = {
    "jpeg": {f"jpeg-{q}": partial(jpeg, quality=q) for q in (95, 80, 60, 40, 20)},
    "webp": {f"webp-{q}": partial(webp, quality=q) for q in (90, 60, 30)},
    "shrink": {f"resize-{f:g}": partial(resize, factor=f) for f in (0.75, 0.5, 0.25)},
    "enlarge": {f"resize-{f:g}": partial(resize, factor=f) for f in (1.5, 2.0)},
    "blur": {f"blur-{s:g}": partial(blur, sigma=s) for s in (0.5, 1.0, 2.0)},
    "noise": {f"noise-{d:g}": partial(noise, deviation=d) for d in (2.0, 5.0, 10.0)},
    "crop": {f"crop-{s:g}": partial(centre_crop, share=s) for s in (0.9, 0.7, 0.5)},
    "flip": {
        "flip-horizontal": partial(flip, method=Image.Transpose.FLIP_LEFT_RIGHT),
        "flip-vertical": partial(flip, method=Image.Transpose.FLIP_TOP_BOTTOM),
    },
}

PERTURBATIONS: dict[str, Perturbation] = TIERS | {
    name: change for curve in CURVES.values() for name, change in curve.items()
}


def _recode(image: Image.Image, codec: str, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, codec, quality=quality)
    return Image.open(buffer).convert("RGB")
