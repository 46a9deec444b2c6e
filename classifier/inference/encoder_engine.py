"""A linear head on a frozen image encoder, with an exact map of its evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from classifier.inference.encoder import Encoding, ImageEncoder
from classifier.inference.engines import ACTIVATION_MAP, LOGIT, to_output
from classifier.inference.errors import ModelCorrupt, ModelIncompatible
from classifier.inference.types import EngineOutput


@dataclass(frozen=True)
class EncoderHead:
    """`weights` (d + 3e,) float32 for `Encoding.vector`, and a bias."""

    weights: NDArray[np.float32]
    bias: float

    @classmethod
    def load(cls, path: Path) -> EncoderHead:
        """Read what `save` wrote. Raises `ModelCorrupt`."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(file["weights"].astype(np.float32), float(file["bias"]))
        except (OSError, KeyError, ValueError, TypeError, BadZipFile) as error:
            raise ModelCorrupt(
                f"{path} holds no head for an encoder ({error}). Copy the bundle again."
            ) from error

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        with path.open("wb") as file:
            np.savez(file, weights=self.weights, bias=np.float64(self.bias))

    def judge(self, encoding: Encoding) -> tuple[float, NDArray[np.float32]]:
        """The logit, and the activation map (rows, columns) whose mean it is.

        The pooled patches enter linearly, so each patch has a share of its own; what
        the other parts say of the whole picture is spread evenly.

        Raises `ModelIncompatible` when the encoder's vectors don't fit the weights or
        its patches form no square.
        """
        vector = encoding.vector()
        if vector.shape != self.weights.shape:
            raise ModelIncompatible(
                f"The head has weights of shape {self.weights.shape} for an encoder "
                f"with {len(vector)} values. Train the head again."
            )
        count, size = encoding.patches.shape
        side = math.isqrt(count)
        if side * side != count:
            raise ModelIncompatible(f"The encoder's {count} patches form no square.")
        logit = float(vector @ self.weights) + self.bias
        start = len(encoding.embedding) + size
        local = encoding.patches @ self.weights[start : start + size]
        return logit, (local - local.mean() + logit).reshape(side, side)


class EncoderEngine:
    """An `Engine` of an encoder and a head, in ONNX Runtime."""

    name = "onnx"

    def __init__(self, encoder: Path, head: Path, threads: int = 1) -> None:
        """Load both files, which the caller has verified. Raises a `ModelError`."""
        self._head = EncoderHead.load(head)
        self._encoder = ImageEncoder(encoder, threads)

    def run(self, batch: NDArray[np.float32]) -> EngineOutput:
        """See `Engine.run`. Raises `ModelIncompatible` when the batch does not fit."""
        answers = [self._head.judge(self._encoder.encode(view)) for view in batch]
        logits, maps = zip(*answers, strict=True)
        return to_output(
            {LOGIT: np.array(logits), ACTIVATION_MAP: np.stack(maps)}, len(batch)
        )
