"""Changed copies of a picture, and when they overturn its verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifier.inference.detector import Detector, load_detector
from classifier.inference.engines import Engine
from classifier.inference.stability import Variant, changed_copies, summarise
from classifier.inference.types import EngineOutput, Verdict
from tests.images import corners, encode, framed, picture, plain

NAMES = ["flip", "jpeg", "half", "crop"]


def variants(*verdicts: Verdict) -> tuple[Variant, ...]:
    probability = {"ai": 0.9, "uncertain": 0.5, "human": 0.1}
    return tuple(Variant("copy", probability[v], v) for v in verdicts)


class Counting:
    """An engine that notes the size of each batch."""

    name = "counting"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.batches: list[int] = []

    def run(self, batch: np.ndarray) -> EngineOutput:
        self.batches.append(len(batch))
        return self.engine.run(batch)


@pytest.fixture
def detector(bundle_folder: Path) -> Detector:
    return load_detector(bundle_folder)


def test_the_copies_are_named_and_are_what_they_say() -> None:
    pixels = np.asarray(corners(800, 600))

    copies = changed_copies(pixels, 224)

    assert list(copies) == NAMES
    assert (copies["flip"] == pixels[:, ::-1]).all()
    assert copies["jpeg"].shape == pixels.shape
    assert not (copies["jpeg"] == pixels).all()
    assert copies["half"].shape == (300, 400, 3)
    assert (copies["crop"] == pixels[60:540, 80:720]).all()


@pytest.mark.parametrize(
    ("size", "half"), [((300, 400), (224, 299)), ((100, 50), (100, 50))]
)
def test_no_copy_is_smaller_than_the_view(
    size: tuple[int, int], half: tuple[int, int]
) -> None:
    pixels = np.asarray(plain("red", *size))

    copy = changed_copies(pixels, 224)["half"]

    assert (copy.shape[1], copy.shape[0]) == half


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_the_thinnest_pictures_have_copies_too(
    detector: Detector, size: tuple[int, int]
) -> None:
    detection = detector.detect(encode(Image.new("RGB", size, "red")))

    assert len(detector.stability(detection).variants) == len(NAMES)


def test_all_copies_are_judged_in_one_pass(detector: Detector) -> None:
    engine = Counting(detector.engine)
    counted = Detector(engine, detector.card)
    detection = counted.detect(encode(picture()))

    stability = counted.stability(detection)

    assert engine.batches == [1, len(NAMES)]
    assert [variant.name for variant in stability.variants] == NAMES


def test_the_range_holds_the_picture_and_its_copies(detector: Detector) -> None:
    detection = detector.detect(encode(picture()))

    stability = detector.stability(detection)

    scores = [v.ai_probability for v in stability.variants]
    scores.append(detection.ai_probability)
    assert (stability.low, stability.high) == (min(scores), max(scores))


@pytest.mark.parametrize("colour", ["red", "blue", "grey"])
def test_a_picture_of_one_colour_is_firm(detector: Detector, colour: str) -> None:
    detection = detector.detect(encode(plain(colour, 300, 300)))

    assert not detector.stability(detection).flips


def test_a_verdict_that_hangs_on_the_margin_flips(detector: Detector) -> None:
    detection = detector.detect(encode(framed("red", "blue")))
    assert detection.verdict == "ai"

    stability = detector.stability(detection)

    assert stability.flips
    assert stability.variants[-1].verdict == "human"


@pytest.mark.parametrize(
    ("verdict", "others", "flips"),
    [
        ("ai", ["ai", "ai", "ai", "ai"], False),
        ("ai", ["ai", "ai", "ai", "uncertain"], False),
        ("ai", ["ai", "ai", "uncertain", "uncertain"], True),
        ("ai", ["ai", "ai", "ai", "human"], True),
        ("human", ["human", "human", "human", "ai"], True),
        ("human", ["human", "uncertain", "human", "human"], False),
        ("uncertain", ["ai", "ai", "human", "human"], False),
    ],
)
def test_one_opposite_or_half_that_differ_overturn_a_verdict(
    verdict: Verdict, others: list[Verdict], flips: bool
) -> None:
    assert summarise(verdict, 0.5, variants(*others)).flips is flips
