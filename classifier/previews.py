"""The small copy of a picture that its owner's history keeps."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.errors import ImageRejected
from classifier.inference.images import decode_image

if TYPE_CHECKING:
    from classifier.inference.types import DecodedImage
    from classifier.models import Submission

LONG_SIDE = 1024


def shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB of at most 1024 px, for all that needs no more."""
    image = Image.fromarray(pixels)
    image.thumbnail((LONG_SIDE, LONG_SIDE))
    return np.asarray(image)


def render_preview(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width, 3) uint8 RGB → WebP of at most 1024 px, without metadata."""
    image = Image.fromarray(pixels)
    image.thumbnail((LONG_SIDE, LONG_SIDE))
    file = io.BytesIO()
    # The least effort: a third less time for an eighth more bytes.
    image.save(file, "WEBP", quality=82, method=0)
    return file.getvalue()


def read_preview(submission: Submission) -> DecodedImage | None:
    """The stored preview as pixels; None where it is missing or damaged."""
    try:
        with submission.preview.open("rb") as file:
            return decode_image(file.read())
    except (OSError, ValueError, ImageRejected):
        return None
