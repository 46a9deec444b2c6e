"""The network in Keras; the one serving module that imports it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.inference.engines import refused_batch, require_outputs, to_output
from classifier.inference.errors import ModelCorrupt, ModelUnavailable
from classifier.inference.types import EngineOutput


class KerasEngine:
    """A network in Keras on TensorFlow, compiled with `tf.function`."""

    name = "keras"

    def __init__(self, path: Path) -> None:
        """Load the model at `path`, which the caller has verified.

        Raises `ModelUnavailable` when Keras is not installed, `ModelCorrupt` when the
        file cannot be loaded, `ModelIncompatible` when outputs are missing.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        try:
            import keras
            import tensorflow as tf
        except ImportError as error:
            raise ModelUnavailable(
                "Keras and TensorFlow are not installed. "
                "Run: pip install -r requirements.txt, or use the ONNX engine."
            ) from error
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:
            raise ModelCorrupt(f"Keras cannot load {path}: {error}") from error
        self._names = list(model.output_names)
        if isinstance(model.output, Mapping):
            self._names = list(model.output)
        require_outputs(set(self._names), path)
        # `predict` costs 150 ms a call and `model()` runs layer by layer; a traced
        # function does neither, and one trace serves every batch length.
        self._call = tf.function(
            lambda batch: model(batch, training=False),
            input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)],
        )

    def run(self, batch: NDArray[np.float32]) -> EngineOutput:
        """See `Engine.run`. Raises `ModelIncompatible` when the batch does not fit."""
        try:
            answers = self._call(batch)
        except Exception as error:
            raise refused_batch(batch, error) from error
        return to_output(self._by_name(answers), len(batch))

    def _by_name(
        self,
        answers: Mapping[str, Any] | Sequence[Any],
    ) -> dict[str, NDArray[np.float32]]:
        if not isinstance(answers, Mapping):
            answers = dict(zip(self._names, answers, strict=True))
        return {name: np.asarray(value) for name, value in answers.items()}
