"""The pictures that are sent: drawn in code, so that everybody measures the same."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.images import encode, picture

GRAIN = 12
_numbers = itertools.count()


@dataclass(frozen=True)
class Picture:
    """The bytes of a file and what it is called in the tables."""

    name: str
    suffix: str
    data: bytes

    def unique(self) -> bytes:
        """The same picture in bytes never sent before, so that no store answers.

        Decoders stop at the end of the picture and do not read the bytes behind it.
        """
        mark = f"{os.getpid()}-{next(_numbers)}".encode()
        return self.data + mark.rjust(32, b"\0")


def draw_pictures() -> list[Picture]:
    """An ordinary upload, a camera's file, and two that decode slowly."""
    return [
        _draw("512×512 JPEG", "jpg", (512, 512), "JPEG", quality=90),
        _draw("12-megapixel JPEG", "jpg", (4000, 3000), "JPEG", quality=85),
        _draw("1-megapixel PNG", "png", (1152, 896), "PNG"),
        _draw("3-megapixel WebP", "webp", (2048, 1536), "WEBP", quality=85),
    ]


def _draw(
    name: str, suffix: str, size: tuple[int, int], file_format: str, **options: int
) -> Picture:
    image = _grainy(picture(*size))
    return Picture(name, suffix, encode(image, file_format, **options))


def _grainy(image: Image.Image) -> Image.Image:
    """With the noise of a sensor, or files would be much smaller than a camera's."""
    noise = np.random.default_rng(0).normal(0, GRAIN, (image.height, image.width, 1))
    pixels = np.asarray(image) + noise.astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
