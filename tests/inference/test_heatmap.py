"""The overlay shows where a picture speaks for AI, and how strongly."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.detector import load_detector
from classifier.inference.heatmap import (
    AI_COLOUR,
    FULL_STRENGTH_LOGITS,
    HUMAN_COLOUR,
    MAX_OPACITY,
    render_overlay,
)
from classifier.inference.types import Detection
from tests.images import encode, plain


@pytest.fixture(scope="module")
def detection(bundle_folder: Path) -> Detection:
    return load_detector(bundle_folder).detect(encode(plain("gray", 800, 400)))


def overlay(
    detection: Detection, activation_map: object, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    shown = replace(detection, activation_map=np.array(activation_map, np.float32))
    image = Image.open(io.BytesIO(render_overlay(shown, size)))
    assert image.format == "WEBP"
    return np.asarray(image.convert("RGBA"))


def test_the_overlay_has_the_aspect_ratio_of_the_picture(detection: Detection) -> None:
    assert overlay(detection, np.ones((7, 7))).shape == (64, 128, 4)


def test_the_overlay_has_the_size_asked_for(detection: Detection) -> None:
    assert overlay(detection, np.ones((7, 7)), (90, 60)).shape == (60, 90, 4)


def test_a_picture_of_one_line_has_an_overlay(bundle_folder: Path) -> None:
    line = load_detector(bundle_folder).detect(encode(plain("red", 2000, 1)))

    assert overlay(line, np.ones((7, 7))).shape == (1, 128, 4)


def test_evidence_for_and_against_have_their_colours(detection: Detection) -> None:
    cells = np.zeros((4, 4))
    cells[:, :2], cells[:, 2:] = FULL_STRENGTH_LOGITS, -FULL_STRENGTH_LOGITS

    pixels = overlay(detection, cells)

    np.testing.assert_allclose(pixels[32, 10, :3], AI_COLOUR, atol=12)
    np.testing.assert_allclose(pixels[32, -10, :3], HUMAN_COLOUR, atol=12)


def test_no_evidence_is_transparent(detection: Detection) -> None:
    assert overlay(detection, np.zeros((7, 7)))[..., 3].max() == 0


def test_a_weak_map_looks_weak(detection: Detection) -> None:
    full = overlay(detection, np.full((7, 7), FULL_STRENGTH_LOGITS))[..., 3]
    weak = overlay(detection, np.full((7, 7), FULL_STRENGTH_LOGITS / 10))[..., 3]

    assert full.mean() == pytest.approx(MAX_OPACITY * 255, abs=2)
    assert weak.mean() == pytest.approx(MAX_OPACITY * 25.5, abs=2)


def test_evidence_beyond_the_range_is_cut_and_not_wrapped(detection: Detection) -> None:
    opacity = overlay(detection, np.full((7, 7), 1e6))[..., 3]

    assert opacity.min() == pytest.approx(MAX_OPACITY * 255, abs=2)
