"""Every backbone: one logit, an exact activation map, and an ONNX file that agrees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.inference.bundle import KERAS_NAME, ONNX_NAME, load_bundle
from classifier.inference.calibration import calibrated_probability
from classifier.inference.detector import load_detector
from classifier.inference.preprocessing import PreprocessSpec

SIZE = 64
BACKBONES = ("mobilenetv2", "efficientnetb0", "resnet50")
pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def views() -> NDArray[np.float32]:
    return np.random.default_rng(4).random((5, SIZE, SIZE, 3), np.float32)


@pytest.fixture(scope="module", params=BACKBONES)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    """An untrained network of each backbone, exported as a run would."""
    import keras

    from mltrain.export import export_bundle
    from mltrain.network import build_network

    keras.utils.set_random_seed(1)
    network = build_network(request.param, size=SIZE, weights="none")
    folder = tmp_path_factory.mktemp(request.param) / "bundle"
    export_bundle(
        network,
        folder,
        name="untrained",
        spec=PreprocessSpec(size=SIZE),
    )
    return folder


def test_the_mean_of_the_activation_map_is_the_logit(
    bundle: Path, views: NDArray[np.float32]
) -> None:
    output = load_detector(bundle, "keras").engine.run(views)
    np.testing.assert_allclose(
        output.activation_maps.mean(axis=(1, 2)), output.logits, rtol=1e-5, atol=1e-5
    )


def test_keras_and_onnx_agree_on_probability_and_map(
    bundle: Path, views: NDArray[np.float32]
) -> None:
    keras_output = load_detector(bundle, "keras").engine.run(views)
    onnx_output = load_detector(bundle, "onnx").engine.run(views)
    # Untrained logits lie anywhere and close together; a probability would saturate
    # or hide every difference unless they are brought to the scale of trained ones.
    centre = float(keras_output.logits.mean())
    temperature = max(0.01, float(keras_output.logits.std()))
    probabilities = [
        [calibrated_probability(float(x) - centre, temperature) for x in output.logits]
        for output in (keras_output, onnx_output)
    ]
    assert len(set(probabilities[0])) == len(views), "the views must differ"
    np.testing.assert_allclose(*probabilities, atol=1e-4)
    np.testing.assert_allclose(
        keras_output.activation_maps, onnx_output.activation_maps, rtol=1e-4, atol=1e-4
    )


def test_the_onnx_file_takes_pictures_and_nothing_else(bundle: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(bundle / ONNX_NAME))
    assert [node.name for node in session.get_inputs()] == ["image"]


def test_pretrained_weights_come_from_the_file_that_is_named(tmp_path: Path) -> None:
    from mltrain.network import BACKBONE, build_network

    donor = build_network("mobilenetv2", size=SIZE).get_layer(BACKBONE)
    path = tmp_path / "donor.weights.h5"
    donor.save_weights(path)
    filled = build_network("mobilenetv2", size=SIZE, weights=str(path))
    for given, taken in zip(
        donor.weights, filled.get_layer(BACKBONE).weights, strict=True
    ):
        np.testing.assert_array_equal(given, taken)


def test_pretrained_weights_come_from_a_bundle_that_is_named(bundle: Path) -> None:
    import keras

    from mltrain.network import BACKBONE, build_network

    donor = keras.saving.load_model(bundle / KERAS_NAME)
    filled = build_network(donor.name, size=SIZE, weights=str(bundle))
    for given, taken in zip(
        donor.get_layer(BACKBONE).weights,
        filled.get_layer(BACKBONE).weights,
        strict=True,
    ):
        np.testing.assert_array_equal(given, taken)


def test_weights_of_another_backbone_are_refused(bundle: Path) -> None:
    from mltrain.network import build_network

    other = BACKBONES[BACKBONES.index(load_bundle(bundle).card.backbone) - 1]
    with pytest.raises(ValueError, match="weights"):
        build_network(other, size=SIZE, weights=str(bundle))


def test_a_missing_weights_file_is_refused() -> None:
    from mltrain.network import build_network

    with pytest.raises(FileNotFoundError, match="--weights"):
        build_network("mobilenetv2", size=SIZE, weights="nowhere.weights.h5")
