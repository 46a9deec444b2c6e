"""The shipped network in other formats and precisions, made in a folder of its own.

Calibration pictures are (n, size, size, 3) uint8 views, see `pictures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from classifier.inference.bundle import KERAS_NAME, ONNX_NAME, Bundle
from classifier.inference.preprocessing import scale_pixels


@dataclass(frozen=True)
class Sources:
    """What files are made from, and where to; those that are there are kept."""

    bundle: Bundle
    folder: Path
    calibration: NDArray[np.uint8] | None = None

    def batches(self) -> Iterator[NDArray[np.float32]]:
        """The calibration views one by one, (1, size, size, 3) float32 in 0–1."""
        views = [] if self.calibration is None else self.calibration
        for view in views:
            yield scale_pixels(view)[np.newaxis]


Make = Callable[[Sources], Path]


def shipped_onnx(sources: Sources) -> Path:
    """The file that the site runs."""
    return sources.bundle.verified(ONNX_NAME)


def onnx_fp16(sources: Sources) -> Path:
    """Weights and arithmetic in fp16; input and outputs stay float32."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    path = sources.folder / "fp16.onnx"
    if not path.exists():
        model = onnx.load(shipped_onnx(sources))
        onnx.save(convert_float_to_float16(model, keep_io_types=True), path)
    return path


def onnx_int8(sources: Sources) -> Path:
    """Static QDQ: int8 weights per channel, uint8 activations by their extremes.

    The head, one small convolution and its mean, stays in float: 255 steps are too few
    for a logit.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path = sources.folder / "int8.onnx"
    if path.exists():
        return path

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = sources.batches()

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self._batches, None)
            return None if batch is None else {_input_name(shipped): batch}

    shipped = shipped_onnx(sources)
    ready = sources.folder / "ready.onnx"
    quant_pre_process(str(shipped), str(ready))
    quantize_static(
        str(ready),
        str(path),
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=_head_nodes(ready),
    )
    return path


def openvino_fp16(sources: Sources) -> Path:
    """OpenVINO's own format with weights in fp16; few processors compute in it."""
    import openvino as ov

    path = sources.folder / "fp16.xml"
    if not path.exists():
        model = ov.Core().read_model(shipped_onnx(sources))
        ov.save_model(model, path, compress_to_fp16=True)
    return path


def litert_fp32(sources: Sources) -> Path:
    """A flat buffer of the Keras file."""
    return _litert(sources, "fp32")


def litert_fp16(sources: Sources) -> Path:
    """Weights in fp16, arithmetic in fp32."""
    return _litert(sources, "fp16")


def litert_int8(sources: Sources) -> Path:
    """Weights and activations in int8, weights per channel; float at both ends."""
    return _litert(sources, "int8")


def _litert(sources: Sources, precision: Literal["fp32", "fp16", "int8"]) -> Path:
    path = sources.folder / f"{precision}.tflite"
    if path.exists():
        return path
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    model = keras.saving.load_model(sources.bundle.verified(KERAS_NAME), compile=False)
    shape = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    call = tf.function(lambda batch: model(batch, training=False))
    # The weights as constants, or the flat buffer would read variables it has not.
    frozen = convert_variables_to_constants_v2(call.get_concrete_function(shape))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: ([b] for b in sources.batches())
    path.write_bytes(converter.convert())
    return path


def _head_nodes(path: Path) -> list[str]:
    """The last convolution and what follows it."""
    import onnx

    nodes = onnx.load(path).graph.node
    last = max(place for place, node in enumerate(nodes) if node.op_type == "Conv")
    return [node.name for node in nodes[last:]]


def _input_name(path: Path) -> str:
    import onnx

    return onnx.load(path).graph.input[0].name
