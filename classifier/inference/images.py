"""Bytes of an upload → an upright RGB picture and the facts about its file."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,  # noqa: F401 - registers itself: `preinit` leaves it out
    Image,
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)
from pillow_heif import register_heif_opener

from classifier.inference.ancillary import without_ancillary
from classifier.inference.errors import ImageRejected, gettext_noop
from classifier.inference.rgb import REDUCED_SHORT_SIDE, to_rgb
from classifier.inference.types import DecodedImage, ImageFacts

# Pillow registers its readers on first use; signatures are asked for before that.
Image.preinit()
register_heif_opener()

# Pillow tries these by content. What it can read beyond them (EPS, PSD, FITS …) has a
# history of parser holes and nobody photographs in it. A JPEG of several pictures
# (MPO) opens as JPEG.
READABLE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")
FORMAT_NAMES = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF"

# Pillow's own bomb guard only warns below twice its limit; ours is exact and is
# checked on the header, before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None

# Odd metadata is not the reader's concern; broken pixels raise anyway. Set once, since
# `catch_warnings` is not safe where several threads decode.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True)
class ImageLimits:
    """The largest upload that is decoded: bytes of the file, pixels of the picture."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 50_000_000


DEFAULT_LIMITS = ImageLimits()


def decode_image(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> DecodedImage:
    """Decode the first frame of `data`, turned upright as its metadata says.

    Large pictures are read at a reduced scale, so `pixels` may be smaller than
    `facts` say. Colour profiles are not applied: the network was trained without.

    Raises `ImageRejected` with `empty_file`, `file_too_large`, `unsupported_format`,
    `too_many_pixels` or `broken_image`.
    """
    if not data:
        raise ImageRejected(
            "empty_file", gettext_noop("The file is empty. Choose a picture.")
        )
    if len(data) > limits.max_bytes:
        raise too_large(limits.max_bytes)
    opened = _open(data)
    _check_pixels(opened.width, opened.height, limits.max_pixels)
    width, height, orientation = _load(opened)
    if orientation in _SIDEWAYS:
        width, height = height, width
    facts = ImageFacts(
        width=width,
        height=height,
        format="JPEG" if opened.format == "MPO" else opened.format or "",
        byte_size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return DecodedImage(pixels=_upright_pixels(opened, orientation), facts=facts)


def has_known_signature(start: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of a format that is read."""
    accepts = (Image.OPEN[name][1] for name in READABLE_FORMATS)
    return any(accept is not None and accept(start[:16]) for accept in accepts)


def too_large(max_bytes: int) -> ImageRejected:
    """The error of an upload over the limit of bytes."""
    return ImageRejected(
        "file_too_large",
        gettext_noop(
            "The file is larger than %(megabytes)s MB. "
            "Send a smaller copy, for example one saved at a lower resolution."
        ),
        megabytes=f"{max_bytes / (1024 * 1024):g}",
    )


def _open(data: bytes) -> Image.Image:
    try:
        pictorial = without_ancillary(data)
        return Image.open(io.BytesIO(pictorial), formats=READABLE_FORMATS)
    except UnidentifiedImageError as error:
        if has_known_signature(data):
            raise _broken() from error
        raise _unsupported() from error
    except Exception as error:
        raise _broken() from error


def _check_pixels(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageRejected(
            "too_many_pixels",
            gettext_noop(
                "The picture has %(width)d × %(height)d pixels; at most "
                "%(megapixels)s megapixels are read. Send a smaller copy."
            ),
            width=width,
            height=height,
            megapixels=f"{max_pixels / 1e6:g}",
        )


def _load(image: Image.Image) -> tuple[int, int, int]:
    """Decode; the full width and height, and the EXIF orientation left to apply.

    Both are asked after decoding: by then Pillow has turned a TIFF and libheif a HEIC,
    and a PNG may name its orientation behind its pixels.
    """
    width, height = image.size
    try:
        if image.format in ("JPEG", "MPO"):
            # For HEIC a draft would be the thumbnail, which may show something else.
            image.draft(None, (REDUCED_SHORT_SIDE, REDUCED_SHORT_SIDE))
            image.load()
        else:
            image.load()
            width, height = image.size
    except Exception as error:
        raise _broken() from error
    return width, height, _orientation(image)


def _orientation(image: Image.Image) -> int:
    """1–8; 1 also where the metadata is unreadable."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a parser of hostile bytes raises anything
        return 1
    return orientation if orientation in _TURNS else 1


def _upright_pixels(image: Image.Image, orientation: int) -> NDArray[np.uint8]:
    try:
        rgb = to_rgb(image)
    except ValueError as error:  # a colour space that Pillow cannot convert
        raise _unsupported() from error
    if orientation in _TURNS:
        rgb = rgb.transpose(_TURNS[orientation])
    return np.asarray(rgb)


def _unsupported() -> ImageRejected:
    return ImageRejected(
        "unsupported_format",
        gettext_noop("This is not a picture we can read. Send %(formats)s."),
        formats=FORMAT_NAMES,
    )


def _broken() -> ImageRejected:
    return ImageRejected(
        "broken_image",
        gettext_noop(
            "The picture is damaged or incomplete. Send the original file again."
        ),
    )
