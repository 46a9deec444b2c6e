"""Bundles as the laboratory opens them, whatever they stand on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from classifier.inference.bundle import KERAS_NAME, ONNX_NAME, Bundle, ModelCard
from classifier.inference.detector import Detector, load_detector
from classifier.inference.encoder import locate_encoder

ENGINE_FILES = {"onnx": ONNX_NAME, "keras": KERAS_NAME}


def open_detector(folder: Path, engine: str = "auto", threads: int = 1) -> Detector:
    """`load_detector`, with the encoder that the settings name. Raises `ModelError`."""
    return load_detector(
        folder, engine, threads=threads, encoder=settings.DETECTOR_ENCODER
    )


def model_identity(card: ModelCard) -> str:
    """The version and a digest of all that decides a logit: files, encoder and view.

    Calibration is no part of it: logits are what comes before.
    """
    decisive = [card.files, asdict(card.preprocessing)]
    if card.encoder:
        decisive.append({"encoder": card.encoder.sha256})
    text = json.dumps(decisive, sort_keys=True)
    return f"{card.version} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def engines_of(bundle: Bundle) -> list[str]:
    """The engines that the bundle has files for; an encoder runs in ONNX Runtime."""
    if bundle.card.encoder:
        return ["onnx"]
    return [name for name, file in ENGINE_FILES.items() if bundle.has(file)]


def megabytes_of(bundle: Bundle) -> dict[str, float]:
    """Engine → the size of what it loads, in 10⁶ bytes. Raises `ModelUnavailable`."""
    if bundle.card.encoder:
        encoder = locate_encoder(bundle.card.encoder, settings.DETECTOR_ENCODER)
        files = [encoder, *(bundle.folder / name for name in bundle.card.files)]
        return {"onnx": sum(file.stat().st_size for file in files) / 1e6}
    return {
        engine: (bundle.folder / ENGINE_FILES[engine]).stat().st_size / 1e6
        for engine in engines_of(bundle)
    }
