"""Bytes of an upload → an upright RGB picture and the facts about its file."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from classifier.inference.errors import ImageRejected
from classifier.inference.types import DecodedImage, ImageFacts

register_heif_opener()

# Pillow tries these by content. What it can read beyond them (EPS, PSD, FITS …) has a
# history of parser holes and nobody photographs in it.
READABLE_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")
FORMAT_NAMES = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF"

# Pillow's own bomb guard only warns below twice its limit; ours is exact and is
# checked on the header, before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class ImageLimits:
    """The largest upload that is decoded: bytes of the file, pixels of the picture."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 50_000_000


def decode_image(data: bytes, limits: ImageLimits = ImageLimits()) -> DecodedImage:
    """Decode the first frame of `data`, turned upright as its EXIF says.

    Raises `ImageRejected` with `empty_file`, `file_too_large`, `unsupported_format`,
    `too_many_pixels` or `broken_image`.
    """
    if not data:
        raise ImageRejected("empty_file", "The file is empty. Choose a picture.")
    if len(data) > limits.max_bytes:
        raise ImageRejected("file_too_large", too_large_detail(limits.max_bytes))
    with warnings.catch_warnings():
        # Odd metadata is not the reader's concern; broken pixels raise anyway.
        warnings.simplefilter("ignore")
        opened = _open(data)
        _check_pixels(opened, limits.max_pixels)
        upright = _decode(opened)
    facts = ImageFacts(
        width=upright.width,
        height=upright.height,
        format=opened.format or "",
        byte_size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return DecodedImage(pixels=np.asarray(upright), facts=facts)


def too_large_detail(max_bytes: int) -> str:
    """The sentence for an upload over the limit of bytes."""
    megabytes = max_bytes / (1024 * 1024)
    return (
        f"The file is larger than {megabytes:g} MB. "
        "Send a smaller copy, for example one saved at a lower resolution."
    )


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=READABLE_FORMATS)
    except UnidentifiedImageError as error:
        raise ImageRejected(
            "unsupported_format",
            f"This is not a picture we can read. Send {FORMAT_NAMES}.",
        ) from error
    except Exception as error:
        raise _broken() from error


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise ImageRejected(
            "too_many_pixels",
            f"The picture has {image.width} × {image.height} pixels; at most "
            f"{max_pixels / 1e6:g} megapixels are read. Send a smaller copy.",
        )


def _decode(image: Image.Image) -> Image.Image:
    try:
        image.load()
        return _to_rgb(ImageOps.exif_transpose(image))
    except Exception as error:
        raise _broken() from error


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB on white where the picture is transparent; 16-bit greys scaled, not cut."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _scale_deep_grey(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _scale_deep_grey(image: Image.Image) -> Image.Image:
    """Greys of more than 8 bits; Pillow's own conversion would clip them at 255."""
    grey = np.asarray(image, dtype=np.float64)
    top = 65535.0 if image.mode != "F" else max(1.0, float(np.nanmax(grey, initial=0)))
    scaled = np.clip(np.nan_to_num(grey) / top, 0, 1) * 255
    return Image.fromarray(scaled.round().astype(np.uint8)).convert("RGB")


def _broken() -> ImageRejected:
    return ImageRejected(
        "broken_image",
        "The picture is damaged or incomplete. Send the original file again.",
    )
