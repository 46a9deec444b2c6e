"""The activation map of a detection, as a transparent overlay for its picture.

The map is a class activation map (Zhou et al. 2016, arXiv 1512.04150). The head of
the network is linear and averages over the cells, so the map is exact: the mean of its
cells is the logit.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.types import Detection

# Orange and blue from the palette of Okabe and Ito, told apart by every kind of
# colour vision (https://jfly.uni-koeln.de/color/).
AI_COLOUR = (213, 94, 0)
HUMAN_COLOUR = (0, 114, 178)
# A picture whose every cell were this strong would be judged with 99.75 % certainty.
FULL_STRENGTH_LOGITS = 6.0
MAX_OPACITY = 0.8
# Some 7 × 7 cells need no more; a page stretches the overlay over the picture.
LONG_SIDE = 128


def render_overlay(detection: Detection, size: tuple[int, int] | None = None) -> bytes:
    """The overlay as WebP with transparency: orange speaks for AI, blue against it.

    `size` is (width, height) in pixels; without it the overlay has the picture's
    aspect ratio and a long side of 128. Opacity is the evidence divided by a fixed
    range of logits, never by the map's own maximum: a weak map looks weak.
    """
    facts = detection.image.facts
    overlay = _colour(
        _resize(detection.activation_map, size or _fit(facts.width, facts.height))
    )
    file = io.BytesIO()
    # Lossless is the quicker here: most of a lossy file would be its lossless alpha.
    overlay.save(file, "WEBP", lossless=True, quality=0, method=0)
    return file.getvalue()


def _fit(width: int, height: int) -> tuple[int, int]:
    scale = LONG_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resize(
    activation_map: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.float32]:
    cells = Image.fromarray(np.ascontiguousarray(activation_map, dtype=np.float32))
    return np.asarray(cells.resize(size, Image.Resampling.BICUBIC))


def _colour(evidence: NDArray[np.float32]) -> Image.Image:
    strength = np.clip(np.abs(evidence) / FULL_STRENGTH_LOGITS, 0, 1)
    rgba = np.empty((*evidence.shape, 4), np.uint8)
    rgba[..., :3] = np.where(evidence[..., None] > 0, AI_COLOUR, HUMAN_COLOUR)
    rgba[..., 3] = np.rint(strength * MAX_OPACITY * 255)
    return Image.fromarray(rgba)
