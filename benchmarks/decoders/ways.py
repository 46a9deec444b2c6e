"""Bytes of a file → upright (height, width, 3) uint8 RGB, in several ways.

simplejpeg and pyvips are imported where they are used; the site needs neither.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from classifier.inference.images import decode_image
from classifier.inference.rgb import REDUCED_SHORT_SIDE, to_rgb
from mltrain.scores import DATASET_LIMITS

Decode = Callable[[bytes], NDArray[np.uint8]]

SITE = "Pillow, as the site: reduced"
FULL = "Pillow, full size"
SIMPLEJPEG = "simplejpeg, reduced"
SIMPLEJPEG_FULL = "simplejpeg, full size"
PYVIPS = "pyvips, full size"
ORIENTATION_TAG = 0x0112


class UnreadError(Exception):
    """A decoder does not read this kind of file."""


def site(data: bytes) -> NDArray[np.uint8]:
    """What a visitor's picture is decoded by. Raises `ImageRejected`."""
    return decode_image(data, DATASET_LIMITS).pixels


def full_size(data: bytes) -> NDArray[np.uint8]:
    """The same reader at the scale of the file."""
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(to_rgb(ImageOps.exif_transpose(opened), full_size=True))


def simplejpeg_reduced(data: bytes) -> NDArray[np.uint8]:
    """libjpeg-turbo without Pillow, at the scale that the site reads at.

    Raises `UnreadError` for what is no JPEG in RGB or grey.
    """
    return _simplejpeg(data, reduced=True)


def simplejpeg_full(data: bytes) -> NDArray[np.uint8]:
    """The same at the scale of the file."""
    return _simplejpeg(data, reduced=False)


def pyvips_full(data: bytes) -> NDArray[np.uint8]:
    """libvips, on white where the picture is transparent. Raises `UnreadError`."""
    import pyvips

    try:
        image = pyvips.Image.new_from_buffer(data, "").autorot().colourspace("srgb")
        if image.hasalpha():
            image = image.flatten(background=255)
        return image.numpy()
    except pyvips.Error as error:
        raise UnreadError from error


def installed_ways() -> tuple[dict[str, Decode], list[str]]:
    """The ways that can run here, and a sentence for each package that is not there."""
    ways: dict[str, Decode] = {SITE: site, FULL: full_size}
    others: dict[str, dict[str, Decode]] = {
        "simplejpeg": {
            SIMPLEJPEG: simplejpeg_reduced,
            SIMPLEJPEG_FULL: simplejpeg_full,
        },
        "pyvips": {PYVIPS: pyvips_full},
    }
    skipped = []
    for package, more in others.items():
        if find_spec(package):
            ways |= more
        else:
            skipped.append(
                f"{package} is left out: it is not installed. "
                "Run: pip install -r benchmarks/requirements-engines.txt"
            )
    return ways, skipped


def _simplejpeg(data: bytes, *, reduced: bool) -> NDArray[np.uint8]:
    import simplejpeg

    if not simplejpeg.is_jpeg(data):
        raise UnreadError
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data, strict=False)
        factor = scale_factor(width, height) if reduced else 1
        # The least size that is large enough is that of the factor: of its own accord
        # simplejpeg would read at 7/8 or 3/8 too.
        pixels = simplejpeg.decode_jpeg(
            data,
            min_height=-(-height // factor),
            min_width=-(-width // factor),
            strict=False,
        )
    except ValueError as error:
        raise UnreadError from error
    with Image.open(io.BytesIO(data)) as opened:
        return _upright(pixels, opened.getexif().get(ORIENTATION_TAG, 1))


def scale_factor(width: int, height: int) -> int:
    """1, 2, 4 or 8: how much smaller the site reads a JPEG of this size."""
    largest = min(width, height) // REDUCED_SHORT_SIDE
    return next((factor for factor in (8, 4, 2) if factor <= largest), 1)


def is_reduced(path: Path) -> bool:
    """Whether the site reads a picture at a reduced scale; false if it is none."""
    try:
        with Image.open(path) as opened:
            return scale_factor(*opened.size) > 1
    except OSError:
        return False


def _upright(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    if turn == 1:
        return pixels
    image = Image.fromarray(pixels)
    image.getexif()[ORIENTATION_TAG] = turn
    return np.asarray(ImageOps.exif_transpose(image))
