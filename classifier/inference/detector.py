"""Bytes of an upload → a verdict with its ground."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from classifier.inference.bundle import (
    HEAD_NAME,
    KERAS_NAME,
    ONNX_NAME,
    Bundle,
    ModelCard,
    load_bundle,
)
from classifier.inference.calibration import calibrated_probability, verdict
from classifier.inference.encoder import verified_encoder
from classifier.inference.encoder_engine import EncoderEngine
from classifier.inference.engines import Engine, OnnxEngine
from classifier.inference.errors import ModelUnavailable
from classifier.inference.images import DEFAULT_LIMITS, ImageLimits, decode_image
from classifier.inference.preprocessing import to_model_input
from classifier.inference.stability import (
    Stability,
    Variant,
    changed_copies,
    summarise,
)
from classifier.inference.types import DecodedImage, Detection

EngineChoice = Literal["auto", "onnx", "keras"]
ENGINE_CHOICES: tuple[str, ...] = get_args(EngineChoice)


class Detector:
    """One network with its card; may be used from several threads at once."""

    def __init__(
        self, engine: Engine, card: ModelCard, limits: ImageLimits = DEFAULT_LIMITS
    ) -> None:
        self.engine = engine
        self.card = card
        self.limits = limits

    def detect(self, data: bytes) -> Detection:
        """Judge the bytes of an upload.

        Raises `ImageRejected` when they are no picture within the limits, and
        `ModelError` when the network cannot answer.
        """
        started = time.perf_counter()
        return self._detect([decode_image(data, self.limits)], started)[0]

    def detect_image(self, image: DecodedImage) -> Detection:
        """Judge a picture that is decoded already. Raises `ModelError`."""
        return self._detect([image], time.perf_counter())[0]

    def detect_batch(self, images: Sequence[DecodedImage]) -> list[Detection]:
        """Judge pictures in one pass through the network, in their order.

        `elapsed_ms` of each is its equal share of the pass. Raises `ModelError`.
        """
        return self._detect(images, time.perf_counter()) if images else []

    def stability(self, detection: Detection) -> Stability:
        """Judge changed copies of a judged picture in one pass. Raises `ModelError`."""
        pixels = detection.image.pixels
        copies = changed_copies(pixels, self.card.preprocessing.size)
        output = self.engine.run(self._batch(list(copies.values())))
        variants = tuple(
            self._variant(name, float(logit))
            for name, logit in zip(copies, output.logits, strict=True)
        )
        return summarise(detection.verdict, detection.ai_probability, variants)

    @property
    def model_sha256(self) -> str:
        """Of the file that the engine runs, as the card says; empty if it does not."""
        name = {"onnx": ONNX_NAME, "keras": KERAS_NAME}.get(self.engine.name, "")
        return self.card.files.get(name, "")

    def warm(self) -> None:
        """Run the network once, so that the first visitor doesn't wait for it."""
        size = self.card.preprocessing.size
        self.engine.run(np.zeros((1, size, size, 3), np.float32))

    def _detect(
        self, images: Sequence[DecodedImage], started: float
    ) -> list[Detection]:
        output = self.engine.run(self._batch([image.pixels for image in images]))
        elapsed_ms = (time.perf_counter() - started) * 1000 / len(images)
        return [
            self._detection(image, float(logit), activation_map, elapsed_ms)
            for image, logit, activation_map in zip(
                images, output.logits, output.activation_maps, strict=True
            )
        ]

    def _batch(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        spec = self.card.preprocessing
        return np.stack([to_model_input(pixels, spec) for pixels in pictures])

    def _variant(self, name: str, logit: float) -> Variant:
        probability = calibrated_probability(logit, self.card.temperature)
        point = self.card.operating_point
        return Variant(name, probability, verdict(probability, point))

    def _detection(
        self,
        image: DecodedImage,
        logit: float,
        activation_map: NDArray[np.float32],
        elapsed_ms: float,
    ) -> Detection:
        probability = calibrated_probability(logit, self.card.temperature)
        return Detection(
            verdict=verdict(probability, self.card.operating_point),
            ai_probability=probability,
            confidence=max(probability, 1 - probability),
            logit=logit,
            activation_map=activation_map,
            image=image,
            model_name=self.card.name,
            model_version=self.card.version,
            operating_point=self.card.operating_point,
            elapsed_ms=elapsed_ms,
        )


def load_detector(
    folder: Path,
    engine: str = "auto",
    limits: ImageLimits = DEFAULT_LIMITS,
    threads: int = 1,
    encoder: Path | None = None,
) -> Detector:
    """Load the bundle in `folder`; each file is verified before it is used.

    `auto` takes ONNX when the bundle has it and ONNX Runtime is installed, else Keras.
    `threads` is ONNX Runtime's for one picture. `encoder` is the file of the image
    encoder for a bundle that needs one; without it, it is the installed package's.
    Never call this before a `fork()`: a network loaded there hangs in the child.

    Raises `ValueError` for an unknown engine, else a `ModelError`.
    """
    if engine not in ENGINE_CHOICES:
        raise ValueError(f"The engine is one of {', '.join(ENGINE_CHOICES)}: {engine}")
    bundle = load_bundle(folder)
    loaded = _load_engine(bundle, engine, threads, encoder)
    return Detector(loaded, bundle.card, limits)


def _load_engine(
    bundle: Bundle, engine: str, threads: int, encoder: Path | None
) -> Engine:
    if bundle.card.encoder and engine != "keras":
        found = verified_encoder(bundle.card.encoder, encoder)
        return EncoderEngine(found, bundle.verified(HEAD_NAME), threads)
    if engine == "auto":
        engine = _best_engine(bundle)
    if engine == "onnx":
        return OnnxEngine(bundle.verified(ONNX_NAME), threads)
    from classifier.inference.keras_engine import KerasEngine

    return KerasEngine(bundle.verified(KERAS_NAME))


def _best_engine(bundle: Bundle) -> EngineChoice:
    if bundle.has(ONNX_NAME) and find_spec("onnxruntime"):
        return "onnx"
    if bundle.has(KERAS_NAME):
        return "keras"
    raise ModelUnavailable(
        f"Nothing installed here can run the bundle {bundle.folder}. Run: pip install "
        "-r deploy/requirements-serve.txt, or export the model again."
    )
