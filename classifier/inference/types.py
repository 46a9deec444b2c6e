"""The values that pass between the parts of the detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["ai", "human", "uncertain"]


@dataclass(frozen=True)
class ImageFacts:
    """What an upload is, read from its content and never from its name.

    `width` and `height` are the file's own pixels, after the EXIF turn; `format` is
    Pillow's name (`JPEG`, `PNG`, `HEIF` …); `sha256` is the hex digest of the bytes.
    """

    width: int
    height: int
    format: str
    byte_size: int
    sha256: str


@dataclass(frozen=True)
class DecodedImage:
    """An upright picture: `pixels` is (height, width, 3) uint8 RGB.

    A large picture is read at a reduced scale: then `facts` has the larger numbers.
    """

    pixels: NDArray[np.uint8]
    facts: ImageFacts


@dataclass(frozen=True)
class EngineOutput:
    """One batch through the network.

    `logits` is (n,) float32, positive meaning AI-generated; `activation_maps` is
    (n, rows, columns) float32 in logits, positive where the picture speaks for AI; the
    mean of a map is its logit.
    """

    logits: NDArray[np.float32]
    activation_maps: NDArray[np.float32]


@dataclass(frozen=True)
class OperatingPoint:
    """Where a calibrated probability becomes a verdict.

    At or above `ai_threshold` the verdict is `ai`, at or below `human_threshold` it
    is `human`, between them `uncertain`. The rates were measured on the validation
    split: the share of human-made pictures called `ai`, and of AI pictures called
    `ai`, `None` where they were not measured.
    """

    ai_threshold: float
    human_threshold: float
    false_positive_rate: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class EncoderRef:
    """The image encoder that a bundle stands on and does not hold.

    `file` is its file name, `sha256` the hex digest of its content, and `package` the
    Python package that brings the file, empty where none does.
    """

    file: str
    sha256: str
    package: str = ""


@dataclass(frozen=True)
class Detection:
    """The detector's answer for one picture.

    `ai_probability` is calibrated and in 0–1; `confidence` is the probability of the
    likelier side, in 0.5–1; `activation_map` is (rows, columns) float32 in logits.
    `elapsed_ms` covers decoding, preprocessing and the network.
    """

    verdict: Verdict
    ai_probability: float
    confidence: float
    logit: float
    activation_map: NDArray[np.float32]
    image: DecodedImage
    model_name: str
    model_version: str
    operating_point: OperatingPoint
    elapsed_ms: float
