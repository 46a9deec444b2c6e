"""The bundle that this repository ships is whole and answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import classifier
from classifier.inference.bundle import KERAS_NAME, ONNX_NAME, load_bundle
from classifier.inference.detector import Detector, load_detector
from tests.images import encode, jpeg, picture

SHIPPED = Path(classifier.__file__).parent / "bundles" / "default"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(SHIPPED, "onnx")


def test_every_file_matches_its_card() -> None:
    bundle = load_bundle(SHIPPED)

    assert {KERAS_NAME, ONNX_NAME} <= set(bundle.card.files)
    for name in bundle.card.files:
        assert bundle.verified(name).is_file()


def test_it_has_a_model_card_for_people() -> None:
    text = (SHIPPED / "MODEL_CARD.md").read_text(encoding="utf-8")

    assert load_bundle(SHIPPED).card.version in text


def test_the_card_says_how_good_it_was_measured_to_be() -> None:
    card = load_bundle(SHIPPED).card

    assert card.metrics
    assert card.dataset
    assert card.operating_point.false_positive_rate is not None


def test_both_cards_say_how_much_the_files_give_the_labels_away() -> None:
    auroc = load_bundle(SHIPPED).card.dataset["shortcut_auroc"]

    assert 0.5 <= auroc < 0.75
    text = (SHIPPED / "MODEL_CARD.md").read_text("utf-8")
    assert f"tell the label with AUROC {auroc:.3f}" in text


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_it_judges_a_drawn_picture(detector: Detector, file_format: str) -> None:
    detection = detector.detect(encode(picture(640, 480), file_format))

    assert 0 <= detection.ai_probability <= 1
    assert np.isfinite(detection.activation_map).all()
    assert detection.activation_map.mean() == pytest.approx(detection.logit, abs=1e-3)


@pytest.mark.training
def test_both_of_its_engines_agree(detector: Detector) -> None:
    keras = load_detector(SHIPPED, "keras")

    for seed in range(3):
        data = jpeg(500, 400, seed)
        expected = keras.detect(data).ai_probability
        assert detector.detect(data).ai_probability == pytest.approx(expected, abs=1e-4)
