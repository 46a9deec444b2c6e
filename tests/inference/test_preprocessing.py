"""The view of the network is the same bytes in training, in serving and tomorrow."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.preprocessing import (
    PreprocessSpec,
    resize_to_view,
    scale_pixels,
    to_model_input,
)
from tests.images import picture


def steps() -> NDArray[np.uint8]:
    """A picture made of integers alone, so that no machine draws it differently."""
    rows, columns, planes = np.mgrid[0:300, 0:400, 0:3]
    return ((rows * 7 + columns * 3 + planes * 85) % 256).astype(np.uint8)


@pytest.mark.parametrize(
    ("spec", "digest"),
    [
        (PreprocessSpec(224, "bicubic"), "c226f2ef87080638"),
        (PreprocessSpec(224, "bilinear"), "dcba58fb85eaca2a"),
        (PreprocessSpec(96, "lanczos"), "63125a3efe6f5508"),
    ],
    ids=["bicubic", "bilinear", "lanczos"],
)
def test_the_view_is_the_same_to_the_byte(spec: PreprocessSpec, digest: str) -> None:
    view = np.asarray(resize_to_view(Image.fromarray(steps()), spec))

    assert hashlib.sha256(view.tobytes()).hexdigest()[:16] == digest


def test_model_input_is_the_resized_view_scaled() -> None:
    image = picture(320, 200)
    spec = PreprocessSpec(64, "bicubic")

    model_input = to_model_input(np.asarray(image), spec)

    assert model_input.shape == (64, 64, 3)
    assert model_input.dtype == np.float32
    view = np.asarray(resize_to_view(image, spec))
    np.testing.assert_array_equal(model_input, scale_pixels(view))


def test_pixels_are_scaled_to_0_1() -> None:
    scaled = scale_pixels(np.array([0, 51, 255], np.uint8))

    np.testing.assert_array_equal(scaled, np.array([0, 0.2, 1], np.float32))


def test_a_view_that_has_its_size_already_is_not_touched() -> None:
    pixels = np.asarray(picture(224, 224))

    view = to_model_input(pixels, PreprocessSpec())

    np.testing.assert_array_equal(view, scale_pixels(pixels))


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1)])
def test_the_thinnest_pictures_have_a_view(size: tuple[int, int]) -> None:
    pixels = np.full((size[1], size[0], 3), 255, np.uint8)

    np.testing.assert_array_equal(to_model_input(pixels, PreprocessSpec(32)), 1.0)
