"""A decoded picture of any mode and size → RGB that is large enough for the network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# A picture is read at 1/2, 1/4 or 1/8 while its short side stays three times the
# network's 224 pixels: a fraction of the time and memory. How many verdicts on labelled
# originals stay is measured by `python -m benchmarks.decoders`, see docs/decisions.md.
REDUCED_SHORT_SIDE = 672
# Rows that are converted at a time, a multiple of every reduction.
_STRIP = 256


def to_rgb(image: Image.Image, *, full_size: bool = False) -> Image.Image:
    """RGB at the reduced scale, on white where the picture is transparent.

    Strip by strip, so that no second picture in full size is held. Raises `ValueError`
    for a colour space that Pillow cannot convert.
    """
    white = _wide_white(image)
    factor = 1 if full_size else _reduction(image.width, image.height)
    if factor == 1:
        return _flatten(image, white)
    size = (-(-image.width // factor), -(-image.height // factor))
    reduced = Image.new("RGB", size)
    for number, strip in enumerate(_strips(image)):
        small = _flatten(strip, white).reduce(factor)
        reduced.paste(small, (0, number * _STRIP // factor))
    return reduced


def _reduction(width: int, height: int) -> int:
    """The factor that a JPEG decoder would choose for `REDUCED_SHORT_SIDE`."""
    largest = min(width, height) // REDUCED_SHORT_SIDE
    return next((factor for factor in (8, 4, 2) if factor <= largest), 1)


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    for top in range(0, image.height, _STRIP):
        yield image.crop((0, top, image.width, min(top + _STRIP, image.height)))


def _flatten(image: Image.Image, white: float) -> Image.Image:
    """RGB, on white where the picture is transparent."""
    if image.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255; the high byte is what it takes of
        # 16-bit colour.
        deep = np.asarray(image, dtype=np.uint16)
        return Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        scaled = np.clip(_finite(image) / np.float32(white), 0, 1) * 255
        return Image.fromarray(np.rint(scaled).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGB", rgba.size, "white")
        canvas.paste(rgba, mask=rgba)
        return canvas
    return image.convert("RGB")


def _wide_white(image: Image.Image) -> float:
    """White among greys of 32 bits or of floating point; no header names it.

    The least of 1, 255 and 65535 that no pixel exceeds, else the brightest pixel.
    """
    if image.mode not in ("I", "F"):
        return 255
    brightest = max(float(_finite(strip).max()) for strip in _strips(image))
    return next((top for top in (1, 255, 65535) if brightest <= top), brightest)


def _finite(image: Image.Image) -> NDArray[np.float32]:
    grey = np.asarray(image, dtype=np.float32)
    return np.nan_to_num(grey, posinf=0, neginf=0)
