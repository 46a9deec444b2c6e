"""The detector judges bytes and pictures with a verified network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from classifier.inference.bundle import ONNX_NAME, ModelCard, load_bundle, sha256_of
from classifier.inference.bundle import write_card as write
from classifier.inference.detector import Detector, load_detector
from classifier.inference.engines import OnnxEngine
from classifier.inference.errors import (
    ImageRejected,
    ModelCorrupt,
    ModelIncompatible,
    ModelUnavailable,
)
from classifier.inference.images import ImageLimits, decode_image
from classifier.inference.types import EngineOutput
from tests.bundles import tiny_bundle
from tests.images import encode, jpeg, picture, plain


@pytest.fixture(scope="module")
def detector(bundle_folder: Path) -> Detector:
    return load_detector(bundle_folder)


class BrokenEngine:
    """Answers what a damaged network would."""

    name = "broken"

    def __init__(self, path: Path, logit: float) -> None:
        self._engine = OnnxEngine(path)
        self._logit = logit

    def run(self, batch: NDArray[np.float32]) -> EngineOutput:
        return self._engine.run(batch * np.float32(self._logit))


def rewrite_network(folder: Path, change: str) -> None:
    """Rename an output of the network and vouch for the result."""
    model = onnx.load(folder / ONNX_NAME)
    for node in model.graph.node:
        node.output[:] = ["other" if name == change else name for name in node.output]
    for output in model.graph.output:
        output.name = "other" if output.name == change else output.name
    onnx.save(model, folder / ONNX_NAME)
    vouch(folder)


def vouch(folder: Path) -> ModelCard:
    """Put the present sha256 of the network into the card."""
    card = load_bundle(folder).card
    card.files[ONNX_NAME] = sha256_of(folder / ONNX_NAME)
    write(folder, card)
    return card


@pytest.mark.parametrize(
    ("colour", "verdict"), [("red", "ai"), ("blue", "human"), ("gray", "uncertain")]
)
def test_a_picture_is_judged_with_its_ground(
    detector: Detector, colour: str, verdict: str
) -> None:
    data = encode(plain(colour, 300, 200))

    detection = detector.detect(data)

    assert detection.verdict == verdict
    assert 0.5 <= detection.confidence <= 1
    assert detection.confidence == pytest.approx(
        max(detection.ai_probability, 1 - detection.ai_probability)
    )
    assert (detection.model_name, detection.model_version) == ("tiny", "1.0")
    assert detection.operating_point == detector.card.operating_point
    assert detection.activation_map.shape == (7, 7)
    assert (detection.image.facts.width, detection.image.facts.height) == (300, 200)
    assert detection.elapsed_ms > 0


def test_the_probability_is_the_logit_through_the_cards_temperature(
    tmp_path: Path,
) -> None:
    cool = load_detector(tiny_bundle(tmp_path / "cool", temperature=1.0))
    warm = load_detector(tiny_bundle(tmp_path / "warm", temperature=8.0))
    data = encode(plain("red"))

    assert cool.detect(data).logit == warm.detect(data).logit == pytest.approx(16)
    assert cool.detect(data).ai_probability == pytest.approx(1 / (1 + np.exp(-16)))
    assert warm.detect(data).ai_probability == pytest.approx(1 / (1 + np.exp(-2)))


def test_the_mean_of_the_map_is_the_logit(tmp_path: Path) -> None:
    detector = load_detector(tiny_bundle(tmp_path, bias=1.5))

    detection = detector.detect(jpeg())

    assert detection.activation_map.mean() == pytest.approx(detection.logit, abs=1e-4)


def test_bytes_a_picture_and_a_batch_agree(detector: Detector) -> None:
    files = [jpeg(seed=seed) for seed in range(3)]
    images = [decode_image(data) for data in files]

    logits = [detector.detect(data).logit for data in files]

    assert [detector.detect_image(image).logit for image in images] == logits
    batch = detector.detect_batch(images)
    assert [found.logit for found in batch] == pytest.approx(logits, abs=1e-4)
    assert [found.image for found in batch] == images


def test_an_empty_batch_has_no_detections(detector: Detector) -> None:
    assert detector.detect_batch([]) == []


def test_the_detectors_limits_hold(bundle_folder: Path) -> None:
    detector = load_detector(bundle_folder, limits=ImageLimits(max_pixels=99))

    with pytest.raises(ImageRejected) as caught:
        detector.detect(encode(plain("red", 10, 10)))

    assert caught.value.code == "too_many_pixels"


def test_the_view_has_the_size_that_the_card_names(tmp_path: Path) -> None:
    detector = load_detector(tiny_bundle(tmp_path, size=64))

    detector.warm()

    assert detector.detect(encode(picture())).activation_map.shape == (2, 2)


def test_threads_may_share_a_detector(detector: Detector) -> None:
    files = [jpeg(seed=seed) for seed in range(16)]
    alone = [detector.detect(data).logit for data in files]

    with ThreadPoolExecutor(8) as pool:
        together = [found.logit for found in pool.map(detector.detect, files)]

    assert together == alone


def test_auto_takes_onnx(bundle_folder: Path) -> None:
    assert load_detector(bundle_folder, "auto").engine.name == "onnx"


def test_an_engine_that_the_bundle_has_no_file_for_is_unavailable(
    bundle_folder: Path,
) -> None:
    with pytest.raises(ModelUnavailable, match=r"model\.keras"):
        load_detector(bundle_folder, "keras")


def test_a_bundle_without_any_network_is_unavailable(tmp_path: Path) -> None:
    card = load_bundle(tiny_bundle(tmp_path)).card
    card.files.clear()
    write(tmp_path, card)

    with pytest.raises(ModelUnavailable, match="Nothing installed here"):
        load_detector(tmp_path)


def test_an_unknown_engine_is_a_mistake(bundle_folder: Path) -> None:
    with pytest.raises(ValueError, match="auto, onnx, keras"):
        load_detector(bundle_folder, "torch")


def test_a_network_that_does_not_match_its_hash_is_never_loaded(
    tmp_path: Path,
) -> None:
    path = tiny_bundle(tmp_path) / ONNX_NAME
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(ModelCorrupt, match="sha256"):
        load_detector(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x08"])
def test_a_vouched_file_that_is_no_network_is_corrupt(
    tmp_path: Path, content: bytes
) -> None:
    (tiny_bundle(tmp_path) / ONNX_NAME).write_bytes(content)
    vouch(tmp_path)

    with pytest.raises((ModelCorrupt, ModelIncompatible)):
        load_detector(tmp_path)


@pytest.mark.parametrize("output", ["logit", "activation_map"])
def test_a_network_without_an_output_is_incompatible(
    tmp_path: Path, output: str
) -> None:
    rewrite_network(tiny_bundle(tmp_path), output)

    with pytest.raises(ModelIncompatible, match=output):
        load_detector(tmp_path)


def test_a_network_of_another_size_than_its_card_is_incompatible(
    tmp_path: Path,
) -> None:
    small = tiny_bundle(tmp_path / "small", size=64)
    large = tiny_bundle(tmp_path / "large", size=96)
    (large / ONNX_NAME).write_bytes((small / ONNX_NAME).read_bytes())
    vouch(large)

    with pytest.raises(ModelIncompatible, match="input size"):
        load_detector(large).warm()


def test_an_answer_that_is_no_number_is_corrupt(bundle_folder: Path) -> None:
    card = load_bundle(bundle_folder).card
    engine = BrokenEngine(bundle_folder / ONNX_NAME, np.nan)

    with pytest.raises(ModelCorrupt, match="not a number"):
        Detector(engine, card).detect(jpeg())
