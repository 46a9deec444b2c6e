"""Kinds of files that errors are counted for, both in measuring and in showing them."""

from __future__ import annotations

# Upper bound of the longer side in pixels, and the name of the bucket.
_SIZES = (
    (512, "up to 512 px"),
    (1024, "513 to 1024 px"),
    (2048, "1025 to 2048 px"),
)
_LARGEST = "over 2048 px"
SIZE_BUCKETS = (*(name for _, name in _SIZES), _LARGEST)


def size_bucket(width: int, height: int) -> str:
    """The bucket of a picture by its longer side in pixels; one of `SIZE_BUCKETS`."""
    longest = max(width, height)
    return next((name for limit, name in _SIZES if longest <= limit), _LARGEST)


def format_bucket(name: str) -> str:
    """Pillow's name of a format, with the JPEGs that hold several pictures as JPEG."""
    return "JPEG" if name.upper() == "MPO" else name.upper()
