"""Changes to a picture are repeatable and do what their names say."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mltrain.robustness import CURVES, PERTURBATIONS, TIERS
from tests.images import picture


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean absolute difference in levels of 255, at the size of the first."""
    same_size = other.resize(one.size)
    return float(np.abs(np.asarray(one, float) - np.asarray(same_size, float)).mean())


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_each_change_gives_the_same_rgb_picture_twice(name: str) -> None:
    image = picture(120, 90)

    once, again = PERTURBATIONS[name](image), PERTURBATIONS[name](picture(120, 90))

    assert once.mode == "RGB"
    assert once.size == again.size
    assert once.tobytes() == again.tobytes()


@pytest.mark.parametrize("family", ["jpeg", "webp", "shrink", "blur", "noise"])
def test_a_curve_goes_from_mild_to_harsh(family: str) -> None:
    image = picture(160, 120)

    losses = [distance(image, change(image)) for change in CURVES[family].values()]

    assert losses == sorted(losses)
    assert losses[0] < losses[-1]


def test_clean_is_the_picture_itself() -> None:
    image = picture(50, 40)

    assert TIERS["clean"](image).tobytes() == image.tobytes()


@pytest.mark.parametrize(("tier", "longest"), [("web", 768), ("hard", 512)])
def test_a_tier_shrinks_to_its_longest_side_and_enlarges_nothing(
    tier: str, longest: int
) -> None:
    assert TIERS[tier](picture(1600, 800)).size == (longest, longest // 2)
    assert TIERS[tier](picture(800, 1600)).size == (longest // 2, longest)
    assert TIERS[tier](picture(250, 224)).size == (250, 224)


def test_hard_loses_more_than_web() -> None:
    image = picture(240, 240)

    assert distance(image, TIERS["hard"](image)) > distance(image, TIERS["web"](image))


def test_two_pictures_never_get_the_same_noise() -> None:
    grey, other = Image.new("RGB", (40, 40), "grey"), Image.new("RGB", (40, 40), "#777")
    noise = PERTURBATIONS["noise-5"]

    first = np.asarray(noise(grey), int) - np.asarray(grey, int)
    second = np.asarray(noise(other), int) - np.asarray(other, int)

    assert not np.array_equal(first, second)
    assert first.std() == pytest.approx(5, rel=0.1)


def test_crops_keep_the_middle_and_flips_turn_back() -> None:
    image = picture(100, 60)

    assert PERTURBATIONS["crop-0.5"](image).tobytes() == (
        image.crop((25, 15, 75, 45)).tobytes()
    )
    flip = PERTURBATIONS["flip-horizontal"]
    assert flip(image).tobytes() != image.tobytes()
    assert flip(flip(image)).tobytes() == image.tobytes()


def test_even_a_single_pixel_survives_every_change() -> None:
    for change in PERTURBATIONS.values():
        assert min(change(Image.new("RGB", (1, 1), "red")).size) >= 1
