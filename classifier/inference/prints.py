"""What stays alike when a picture is resized, recompressed or slightly edited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HASH_SIDE = 16
HASH_BITS = HASH_SIDE * HASH_SIDE
# Copies recompressed, resized or slightly cropped stay below these; two photographs
# of one scene mostly do not.
NEAR_BITS = 20
NEAR_LEVELS = 12.0
THUMB_SIDE = 8
THUMB_LEVELS = 3 * THUMB_SIDE**2
# Among one more band than bits may differ, one band at least is the same in both.
BANDS = NEAR_BITS + 1


@dataclass(frozen=True)
class PicturePrint:
    """`bits` is (4,) uint64 of `difference_hash`, `thumb` (192,) uint8 in 0–255."""

    bits: NDArray[np.uint64]
    thumb: NDArray[np.uint8]


def picture_print(pixels: NDArray[np.uint8]) -> PicturePrint:
    """The print of (height, width, 3) uint8 RGB pixels."""
    image = Image.fromarray(pixels)
    return PicturePrint(difference_hash(image), colour_thumb(image))


def difference_hash(image: Image.Image) -> NDArray[np.uint64]:
    """(4,) uint64: whether each of 16x16 cells is darker than the one to its right.

    The difference hash of Krawetz, "Kind of like that" (2013), with 256 bits.
    """
    grey = image.convert("L").resize(
        (HASH_SIDE + 1, HASH_SIDE), Image.Resampling.LANCZOS
    )
    levels = np.asarray(grey, dtype=np.int16)
    return np.packbits(levels[:, 1:] > levels[:, :-1]).view(np.uint64)


def colour_thumb(image: Image.Image) -> NDArray[np.uint8]:
    """(192,) uint8: the mean colours of 8x8 cells, which the hash is blind to."""
    thumb = image.resize((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BOX)
    return np.asarray(thumb, dtype=np.uint8).ravel()


def same_colours(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    """Whether two thumbs are at most `NEAR_LEVELS` levels of 255 apart on average."""
    return float(np.abs(one.astype(np.float32) - other).mean()) <= NEAR_LEVELS


def are_near(one: PicturePrint, other: PicturePrint) -> bool:
    """Whether two prints are of the same picture but for size or compression."""
    distance = int(np.bitwise_count(one.bits ^ other.bits).sum())
    return distance <= NEAR_BITS and same_colours(one.thumb, other.thumb)


def band_keys(bits: NDArray[np.uint64]) -> list[int]:
    """21 integers, of which two hashes at most `NEAR_BITS` apart share one at least.

    Each is a run of 12 or 13 bits with its position in front, below 2**18: a database
    finds candidates by equal keys, and `are_near` tells which of them are copies.
    """
    bands = np.array_split(np.unpackbits(bits.view(np.uint8)), BANDS)
    return [
        (position << 13) | int("".join(map(str, band)), 2)
        for position, band in enumerate(bands)
    ]
