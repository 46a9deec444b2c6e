"""Every backbone: one logit, an exact activation map, and an ONNX file that agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.inference.bundle import (
    KERAS_NAME,
    ONNX_NAME,
    ModelCard,
    sha256_of,
    write_card,
)
from classifier.inference.calibration import calibrated_probability
from classifier.inference.detector import load_detector
from classifier.inference.preprocessing import PreprocessSpec
from mltrain.export import UNDECIDED

SIZE = 64
# Each backbone as it is, and cut short with every change that a switch makes to it.
NETWORKS: dict[str, dict[str, Any]] = {
    "mobilenetv2": {},
    "efficientnetb0": {},
    "resnet50": {},
    "mobilenetv2, stem stride 1": {"stem_stride": 1, "cut": "block_5_add"},
    "mobilenetv2, high-pass": {"high_pass": True, "cut": "block_5_add"},
    "efficientnetb0, all switches": {
        "stem_stride": 1,
        "cut": "block3b_add",
        "high_pass": True,
    },
    "resnet50, all switches": {
        "stem_stride": 1,
        "cut": "conv3_block1_out",
        "high_pass": True,
    },
}
pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def views() -> NDArray[np.float32]:
    return np.random.default_rng(4).random((5, SIZE, SIZE, 3), np.float32)


@pytest.fixture(scope="module", params=NETWORKS)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    """An untrained network of each kind, exported as a run would."""
    import keras

    from mltrain.export import export_bundle
    from mltrain.network import build_network

    keras.utils.set_random_seed(1)
    backbone = request.param.split(",")[0]
    network = build_network(backbone, size=SIZE, **NETWORKS[request.param])
    folder = tmp_path_factory.mktemp(backbone) / "bundle"
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


@pytest.fixture(scope="module")
def mobilenet_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole MobileNetV2, with the Keras file alone."""
    from mltrain.network import build_network

    folder = tmp_path_factory.mktemp("mobilenet")
    network = build_network("mobilenetv2", size=SIZE)
    network.save(folder / KERAS_NAME)
    card = ModelCard(
        name="whole",
        version="1",
        backbone=network.name,
        preprocessing=PreprocessSpec(size=SIZE),
        temperature=1.0,
        operating_point=UNDECIDED,
        files={KERAS_NAME: sha256_of(folder / KERAS_NAME)},
    )
    write_card(folder, card)
    return folder


def test_pretrained_weights_come_from_a_bundle_that_is_named(
    mobilenet_bundle: Path,
) -> None:
    import keras

    from mltrain.network import BACKBONE, build_network

    donor = keras.saving.load_model(mobilenet_bundle / KERAS_NAME)
    filled = build_network("mobilenetv2", size=SIZE, weights=str(mobilenet_bundle))
    for given, taken in zip(
        donor.get_layer(BACKBONE).weights,
        filled.get_layer(BACKBONE).weights,
        strict=True,
    ):
        np.testing.assert_array_equal(given, taken)


def test_weights_of_a_bundle_with_another_backbone_are_refused(
    mobilenet_bundle: Path,
) -> None:
    from mltrain.network import build_network

    with pytest.raises(ValueError, match="another backbone"):
        build_network("efficientnetb0", size=SIZE, weights=str(mobilenet_bundle))


def test_weights_that_are_taken_reach_the_normalisation_of_efficientnet() -> None:
    import keras

    from mltrain.network import build_network
    from mltrain.weights import take_weights

    trained = build_network("efficientnetb0", size=32)
    normalisation = next(
        layer
        for layer in trained.get_layer("backbone").layers
        if isinstance(layer, keras.layers.Normalization)
    )
    normalisation.set_weights([np.full(3, 0.5), np.full(3, 0.25), np.array(1)])
    normalisation.finalize_state()
    shipped = build_network("efficientnetb0", size=32)
    pictures = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)

    take_weights(shipped, trained.get_weights())

    np.testing.assert_allclose(
        shipped(pictures)["logit"], trained(pictures)["logit"], atol=1e-5
    )


def test_a_missing_weights_file_is_refused() -> None:
    from mltrain.network import build_network

    with pytest.raises(FileNotFoundError, match="--weights"):
        build_network("mobilenetv2", size=SIZE, weights="nowhere.weights.h5")


def test_with_stem_stride_1_maps_are_twice_as_fine_and_the_weights_stay(
    tmp_path: Path,
) -> None:
    from mltrain.network import ACTIVATION_MAP, BACKBONE, build_network

    plain = build_network("efficientnetb0", size=SIZE)
    path = tmp_path / "donor.weights.h5"
    plain.get_layer(BACKBONE).save_weights(path)
    fine = build_network("efficientnetb0", size=SIZE, stem_stride=1, weights=str(path))

    assert plain.output[ACTIVATION_MAP].shape == (None, 2, 2)
    assert fine.output[ACTIVATION_MAP].shape == (None, 4, 4)
    for given, taken in zip(
        plain.get_layer(BACKBONE).weights, fine.get_layer(BACKBONE).weights, strict=True
    ):
        np.testing.assert_array_equal(given, taken)


def test_a_backbone_cut_short_ends_with_the_layer_that_is_named() -> None:
    from mltrain.network import ACTIVATION_MAP, BACKBONE, build_network

    network = build_network("resnet50", size=SIZE, cut="conv4_block6_out")

    assert network.get_layer(BACKBONE).output.shape == (None, 4, 4, 1024)
    assert network.output[ACTIVATION_MAP].shape == (None, 4, 4)


def test_the_noise_branch_adds_nothing_to_the_backbone_and_sees_no_colour() -> None:
    from mltrain.network import build_network

    network = build_network("mobilenetv2", size=SIZE, high_pass=True, cut="block_2_add")
    (residual,) = network.get_layer("high_pass").get_weights()

    np.testing.assert_allclose(residual.sum(axis=(0, 1)), 0, atol=1e-6)
    assert network.get_layer("high_pass").trainable_weights == []
    assert network.get_layer("features").output.shape[-1] == 24 + 128


def test_only_the_layers_from_the_named_one_on_are_trained() -> None:
    from mltrain.network import BACKBONE, build_network, unfreeze_backbone

    network = build_network("mobilenetv2", size=SIZE, cut="block_2_add")
    unfreeze_backbone(network, True, "block_2_expand")

    owners = {
        layer.name
        for layer in network.get_layer(BACKBONE).layers
        if layer.trainable_weights
    }
    assert owners == {"block_2_expand", "block_2_depthwise", "block_2_project"}
    assert any("head" in v.path for v in network.trainable_variables)


def test_an_unknown_layer_is_refused_with_similar_names() -> None:
    from mltrain.network import build_network, unfreeze_backbone

    network = build_network("mobilenetv2", size=SIZE)
    with pytest.raises(ValueError, match=r"--cut block_2_ad: .*block_2_add"):
        build_network("mobilenetv2", size=SIZE, cut="block_2_ad")
    with pytest.raises(ValueError, match=r"--unfreeze-from block_2_ad: .*block_2_add"):
        unfreeze_backbone(network, True, "block_2_ad")


def test_half_precision_keeps_weights_head_and_answers_in_float32(
    views: NDArray[np.float32],
) -> None:
    from mltrain.network import LOGIT, build_network

    half, full = (
        build_network("mobilenetv2", size=SIZE, cut="block_2_add", precision=precision)
        for precision in ("mixed_float16", "float32")
    )
    full.set_weights(half.get_weights())
    outputs = [
        network(views, training=False)[LOGIT].numpy() for network in (half, full)
    ]

    assert {variable.dtype for variable in half.weights} == {"float32"}
    assert outputs[0].dtype == np.float32
    assert not np.array_equal(*outputs)
    np.testing.assert_allclose(*outputs, rtol=0.05, atol=0.02)
