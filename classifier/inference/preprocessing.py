"""The network's view of a picture: the only code that resizes to it and scales.

Serving and training make the view by the same functions, and the spec travels in the
model card, beside the weights. One difference is left: training makes it from a cache,
for which a picture with a short side of more than `mltrain.pipeline.CACHE_MARGIN` views
is reduced first. How far that moves verdicts is measured by `python -m
benchmarks.decoders`, see docs/decisions.md; evaluation and calibration do without it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Interpolation = Literal["bilinear", "bicubic", "lanczos"]
INTERPOLATIONS: tuple[str, ...] = get_args(Interpolation)

_FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class PreprocessSpec:
    """How a picture becomes model input: the whole picture, resized to a square."""

    size: int = 224
    interpolation: Interpolation = "bicubic"

    def to_dict(self) -> dict[str, int | str]:
        """The spec as plain JSON values."""
        return asdict(self)


def resize_to_view(image: Image.Image, spec: PreprocessSpec) -> Image.Image:
    """The square view of an RGB picture, antialiased, aspect ratio given up."""
    return image.resize((spec.size, spec.size), _FILTERS[spec.interpolation])


def scale_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 in 0–255 → float32 in 0–1, same shape."""
    return np.divide(pixels, np.float32(255), dtype=np.float32)


def to_model_input(
    pixels: NDArray[np.uint8], spec: PreprocessSpec
) -> NDArray[np.float32]:
    """(height, width, 3) uint8 RGB → (size, size, 3) float32 in 0–1."""
    view = resize_to_view(Image.fromarray(pixels), spec)
    return scale_pixels(np.asarray(view))
