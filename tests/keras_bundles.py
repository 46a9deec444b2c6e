"""A Keras bundle whose logit is known in closed form; importing this loads Keras."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from classifier.inference.bundle import KERAS_NAME, ModelCard, sha256_of, write_card
from classifier.inference.preprocessing import PreprocessSpec
from classifier.inference.types import OperatingPoint

GAIN = 8.0


def colour_bundle(folder: Path, *, name: str = "colours", size: int = 32) -> Path:
    """Write a bundle whose logit is `GAIN` × (mean red - mean blue)."""
    folder.mkdir(parents=True, exist_ok=True)
    image = keras.Input((size, size, 3), name="image")
    head = keras.layers.Conv2D(1, 1, use_bias=False, name="head")
    cells = head(image)
    network = keras.Model(
        image,
        {
            "logit": keras.layers.GlobalAveragePooling2D(name="logit")(cells),
            "activation_map": keras.layers.Reshape((size, size))(cells),
        },
    )
    head.set_weights([np.array([GAIN, 0, -GAIN], np.float32).reshape(1, 1, 3, 1)])
    network.save(folder / KERAS_NAME)
    card = ModelCard(
        name=name,
        version="1.0",
        backbone="colours",
        preprocessing=PreprocessSpec(size=size),
        temperature=1.0,
        operating_point=OperatingPoint(ai_threshold=0.7, human_threshold=0.3),
        files={KERAS_NAME: sha256_of(folder / KERAS_NAME)},
    )
    write_card(folder, card)
    return folder
