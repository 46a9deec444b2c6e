"""A real model bundle, small enough to be built while the tests run.

Its network has the shape of the shipped one (convolution, global average pooling,
one dense unit, class activation map) and weights set by hand: a red picture is `ai`,
a blue one `human`, a grey one `uncertain`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifier.inference.bundle import ONNX_NAME, ModelCard, sha256_of, write_card
from classifier.inference.preprocessing import PreprocessSpec
from classifier.inference.types import OperatingPoint

CELL = 32
GAIN = 16.0


def tiny_bundle(
    folder: Path,
    *,
    size: int = 224,
    name: str = "tiny",
    version: str = "1.0",
    temperature: float = 2.0,
    bias: float = 0.0,
) -> Path:
    """Write `model.onnx` and `card.json` into `folder`, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_network(size, bias), folder / ONNX_NAME)
    card = ModelCard(
        name=name,
        version=version,
        backbone="tiny",
        preprocessing=PreprocessSpec(size=size),
        temperature=temperature,
        operating_point=OperatingPoint(ai_threshold=0.7, human_threshold=0.3),
        files={ONNX_NAME: sha256_of(folder / ONNX_NAME)},
    )
    write_card(folder, card)
    return folder


def _network(size: int, bias: float) -> onnx.ModelProto:
    """Features are red-minus-blue and blue-minus-red of each cell, clipped at 0."""
    colours = np.array([[1, 0, -1], [-1, 0, 1]], np.float32) / CELL**2
    kernels = np.broadcast_to(colours[:, :, None, None], (2, 3, CELL, CELL))
    dense = np.array([[GAIN, -GAIN]], np.float32)
    weights = {
        "kernels": kernels,
        "dense": dense,
        "bias": np.array([bias], np.float32),
        "dense_1x1": dense[:, :, None, None],
        "channel_axis": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "kernels"], ["conv"], strides=[CELL, CELL]),
        helper.make_node("Relu", ["conv"], ["features"]),
        helper.make_node("GlobalAveragePool", ["features"], ["means"]),
        helper.make_node("Flatten", ["means"], ["pooled"]),
        helper.make_node("Gemm", ["pooled", "dense", "bias"], ["logit"], transB=1),
        helper.make_node("Conv", ["features", "dense_1x1", "bias"], ["map"]),
        helper.make_node("Squeeze", ["map", "channel_axis"], ["activation_map"]),
    ]
    cells = size // CELL
    graph = helper.make_graph(
        nodes,
        "tiny",
        [_tensor("image", ["n", size, size, 3])],
        [_tensor("logit", ["n", 1]), _tensor("activation_map", ["n", cells, cells])],
        [
            numpy_helper.from_array(np.ascontiguousarray(w), key)
            for key, w in weights.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.checker.check_model(model)
    return model


def _tensor(name: str, shape: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
