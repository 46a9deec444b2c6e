"""Augmentation changes pictures, by chance but repeatably, and both classes alike."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from mltrain.augment import NO_AUGMENTATION, AugmentPolicy, augment
from tests.images import picture

ALTERATIONS = [
    field.name
    for field in dataclasses.fields(AugmentPolicy)
    if getattr(NO_AUGMENTATION, field.name) == 0 and field.name != "compress_twice"
]


def altered(policy: AugmentPolicy, seed: int, image: Image.Image) -> Image.Image:
    return augment(image, policy, np.random.default_rng(seed))


def test_no_augmentation_leaves_the_picture_as_it_is() -> None:
    image = picture()
    assert altered(NO_AUGMENTATION, 1, image).tobytes() == image.tobytes()


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_each_alteration_alone_changes_pixels_and_stays_rgb(alteration: str) -> None:
    policy = dataclasses.replace(NO_AUGMENTATION, **{alteration: 1.0})
    result = altered(policy, 3, picture())
    assert result.mode == "RGB"
    assert result.tobytes() != picture().tobytes()


def test_the_same_seed_gives_the_same_picture() -> None:
    policy = AugmentPolicy()
    first, again = (altered(policy, 5, picture()) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_noise_makes_a_picture_neither_darker_nor_brighter() -> None:
    policy = dataclasses.replace(NO_AUGMENTATION, noise=1.0)
    grey = Image.new("RGB", (200, 200), (128, 128, 128))

    means = [np.asarray(altered(policy, seed, grey)).mean() for seed in range(5)]

    assert np.mean(means) == pytest.approx(128, abs=0.1)


def test_another_seed_gives_another_picture() -> None:
    policy = AugmentPolicy()
    assert altered(policy, 5, picture()).tobytes() != (
        altered(policy, 6, picture()).tobytes()
    )


@pytest.mark.parametrize("seed", range(40))
def test_the_smallest_picture_survives_every_alteration(seed: int) -> None:
    chances = dict.fromkeys(ALTERATIONS, 1.0)
    policy = dataclasses.replace(AugmentPolicy(), **chances)
    assert min(altered(policy, seed, picture(1, 1)).size) >= 1


def test_a_rotated_picture_shows_no_empty_corner() -> None:
    policy = dataclasses.replace(NO_AUGMENTATION, rotation=1.0, rotation_degrees=30)
    white = Image.new("RGB", (200, 120), "white")
    darkest = min(np.asarray(altered(policy, seed, white)).min() for seed in range(10))
    assert darkest == 255


def test_a_screenshot_shows_the_picture_and_at_most_a_strip_of_the_page() -> None:
    policy = dataclasses.replace(NO_AUGMENTATION, screenshot=1.0)
    red = Image.new("RGB", (200, 120), "red")
    for seed in range(20):
        shot = altered(policy, seed, red)
        box = [round(share * x) for share in (0.15, 0.85) for x in shot.size]
        assert [colour for _, colour in shot.crop(box).getcolors()] == [(255, 0, 0)]
        assert 0.5 * 0.88 * 199 <= shot.width <= 1.5 * 1.12 * 201


def test_screenshots_come_in_many_sizes_and_on_many_pages() -> None:
    policy = dataclasses.replace(NO_AUGMENTATION, screenshot=1.0)
    shots = [
        altered(policy, seed, Image.new("RGB", (90, 60), "red")) for seed in range(30)
    ]

    assert len({shot.size for shot in shots}) > 20
    pages = {colour for shot in shots for _, colour in shot.getcolors()} - {(255, 0, 0)}
    assert (255, 255, 255) in pages
    assert len(pages) > 3
