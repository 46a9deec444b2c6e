"""A trained network → a bundle: Keras file, ONNX file and card, all or nothing."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.inference.bundle import (
    KERAS_NAME,
    ONNX_NAME,
    ModelCard,
    sha256_of,
    write_card,
)
from classifier.inference.preprocessing import PreprocessSpec
from classifier.inference.types import OperatingPoint

if TYPE_CHECKING:
    import keras

# Before calibration: the sides of 0.5 and nothing between.
UNDECIDED = OperatingPoint(ai_threshold=0.5, human_threshold=0.5)
ONNX_OPSET = 17
PACKAGES = ("tensorflow", "keras", "tf2onnx", "onnxruntime", "numpy", "pillow")


def export_bundle(
    network: keras.Model,
    folder: Path,
    *,
    name: str,
    spec: PreprocessSpec,
    temperature: float = 1.0,
    operating_point: OperatingPoint = UNDECIDED,
    dataset: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
) -> ModelCard:
    """Write `folder` anew; an older bundle there is replaced only by a whole one."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    network.save(part / KERAS_NAME)
    save_onnx(network, part / ONNX_NAME)
    files = {name: sha256_of(part / name) for name in (KERAS_NAME, ONNX_NAME)}
    card = ModelCard(
        name=name,
        version=f"{datetime.now(UTC):%Y-%m-%d}-{files[KERAS_NAME][:8]}",
        backbone=network.name,
        preprocessing=spec,
        temperature=temperature,
        operating_point=operating_point,
        files=files,
        dataset=dataset or {},
        training=training or {},
        packages={package: version(package) for package in PACKAGES},
    )
    write_card(part, card)
    move_bundle(part, folder)
    return card


def save_onnx(network: keras.Model, path: Path) -> None:
    """Convert to ONNX with a free batch axis, input `image`, outputs by their names."""
    import onnx
    import tensorflow as tf
    import tf2onnx

    names = sorted(network.output)
    image = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name="image")

    @tf.function(input_signature=[image])
    def forward(image: tf.Tensor) -> list[tf.Tensor]:
        outputs = network(image, training=False)
        return [outputs[name] for name in names]

    model, _ = tf2onnx.convert.from_function(
        forward, input_signature=[image], opset=ONNX_OPSET
    )
    _rename_outputs(model, names)
    # Keras's EfficientNet leaves constants of its normalisation as extra inputs.
    del model.graph.input[1:]
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _rename_outputs(model: Any, names: list[str]) -> None:  # noqa: ANN401 - ModelProto
    renamed = {
        output.name: name
        for output, name in zip(model.graph.output, names, strict=True)
    }
    for output in model.graph.output:
        output.name = renamed[output.name]
    for node in model.graph.node:
        for values in (node.input, node.output):
            for index, value in enumerate(values):
                values[index] = renamed.get(value, value)


def move_bundle(part: Path, folder: Path) -> None:
    """Put `part` in the place of `folder` by renames: no half bundle is ever seen."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
