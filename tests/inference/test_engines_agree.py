"""Keras and ONNX Runtime give the same answer to the same picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from classifier.inference.bundle import KERAS_NAME, load_bundle, sha256_of, write_card
from classifier.inference.detector import load_detector
from classifier.inference.errors import ModelCorrupt
from classifier.inference.preprocessing import PreprocessSpec, to_model_input
from classifier.inference.types import OperatingPoint
from tests.images import jpeg, picture

if TYPE_CHECKING:
    import keras

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle as training writes it; its weights are random but alive."""
    from mltrain.export import export_bundle
    from mltrain.network import build_network

    folder = tmp_path_factory.mktemp("exported") / "bundle"
    network = build_network("mobilenetv2", size=64)
    _liven(network)
    export_bundle(
        network,
        folder,
        name="exported",
        spec=PreprocessSpec(size=64),
        temperature=1.0,
        operating_point=OperatingPoint(ai_threshold=0.6, human_threshold=0.4),
    )
    return folder


def test_both_engines_agree_on_the_probability_and_the_map(exported: Path) -> None:
    onnx = load_detector(exported, "onnx")
    keras = load_detector(exported, "keras")
    assert (onnx.engine.name, keras.engine.name) == ("onnx", "keras")

    pairs = [(onnx.detect(d), keras.detect(d)) for d in map(_upload, range(4))]

    for left, right in pairs:
        assert left.ai_probability == pytest.approx(right.ai_probability, abs=1e-4)
        np.testing.assert_allclose(
            left.activation_map, right.activation_map, atol=1e-3, rtol=1e-3
        )
        assert left.activation_map.mean() == pytest.approx(left.logit, abs=1e-3)
    assert len({round(left.logit, 6) for left, _ in pairs}) == len(pairs)


def test_keras_takes_batches_of_any_length(exported: Path) -> None:
    engine = load_detector(exported, "keras").engine

    assert [
        engine.run(np.zeros((count, 64, 64, 3), np.float32)).logits.shape
        for count in (1, 3)
    ] == [(1,), (3,)]


@pytest.mark.parametrize("content", [b"", b"no zip file", b"PK\x03\x04 cut"])
def test_a_vouched_file_that_keras_cannot_read_is_corrupt(
    bundle_folder: Path, tmp_path: Path, content: bytes
) -> None:
    card = load_bundle(bundle_folder).card
    (tmp_path / KERAS_NAME).write_bytes(content)
    files = {KERAS_NAME: sha256_of(tmp_path / KERAS_NAME)}
    write_card(tmp_path, type(card)(**{**vars(card), "files": files}))

    with pytest.raises(ModelCorrupt, match="Keras cannot load"):
        load_detector(tmp_path)


def _liven(network: keras.Model) -> None:
    """Give random weights answers that differ between pictures.

    Untrained, the batch norms shrink all signals to nothing, on which any two engines
    would agree.
    """
    spec = PreprocessSpec(size=64)
    views = [
        to_model_input(np.asarray(picture(64, 64, seed)), spec) for seed in range(8)
    ]
    body = network.get_layer("backbone")
    for layer in body.layers:
        if hasattr(layer, "moving_mean"):
            layer.momentum = 0.0
    body(np.stack(views) * 2 - 1, training=True)
    head = network.get_layer("head")
    kernel, bias = head.get_weights()
    random = np.random.default_rng(7)
    head.set_weights([random.normal(0, 0.05, kernel.shape), bias + 3.3])


def _upload(seed: int) -> bytes:
    return jpeg(200 + 40 * seed, 160, seed)
