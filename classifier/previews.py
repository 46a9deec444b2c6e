"""The small copy of a picture that its owner's history keeps."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONG_SIDE = 1024


def render_preview(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width, 3) uint8 RGB → WebP of at most 1024 px, without metadata."""
    image = Image.fromarray(pixels)
    image.thumbnail((LONG_SIDE, LONG_SIDE))
    file = io.BytesIO()
    # The least effort: a third less time for an eighth more bytes.
    image.save(file, "WEBP", quality=82, method=0)
    return file.getvalue()
