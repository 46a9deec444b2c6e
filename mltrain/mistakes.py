"""The pictures on which a model was surest and wrong, as thumbnails inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from classifier.inference.errors import ImageRejected
from classifier.inference.images import decode_image
from mltrain.calibrate import probabilities_of
from mltrain.choice import Measurement
from mltrain.robustness import CLEAN
from mltrain.scores import DATASET_LIMITS

SIDE = 144


@dataclass(frozen=True)
class Mistake:
    """One picture: its name, what it is, its AI probability and itself as data."""

    name: str
    label: str
    source: str
    probability: float
    picture: str


def worst_mistakes(
    model: Measurement, split: str, pictures: Mapping[str, Path], count: int
) -> list[Mistake]:
    """At most `count` of each kind on the wrong side of 0.5, the worst first.

    `pictures` maps names to files; one that can no longer be read is left out.
    """
    scores = model.scores.where(split=split, perturbation=CLEAN)
    probabilities = probabilities_of(scores.logits, model.card.temperature)
    wrong_by = np.where(scores.labels == 1, 1 - probabilities, probabilities)
    mistakes: list[Mistake] = []
    for label in ("human", "ai"):
        order = [
            int(i)
            for i in np.argsort(-wrong_by, kind="stable")
            if scores.rows[i].label == label and wrong_by[i] > 0.5
        ]
        for index in order[:count]:
            row = scores.rows[index]
            picture = _data_uri(pictures[row.name])
            if picture:
                mistakes.append(
                    Mistake(
                        row.name,
                        label,
                        row.source,
                        float(probabilities[index]),
                        picture,
                    )
                )
    return mistakes


def _data_uri(path: Path) -> str | None:
    """A small JPEG of the picture, or None where it cannot be read."""
    try:
        image = Image.fromarray(decode_image(path.read_bytes(), DATASET_LIMITS).pixels)
    except (ImageRejected, OSError):
        return None
    image.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=75)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
