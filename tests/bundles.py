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

from classifier.inference.bundle import (
    HEAD_NAME,
    ONNX_NAME,
    ModelCard,
    sha256_of,
    write_card,
)
from classifier.inference.encoder_engine import EncoderHead
from classifier.inference.preprocessing import PreprocessSpec
from classifier.inference.types import EncoderRef, OperatingPoint

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
    return _model(graph)


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.checker.check_model(model)
    return model


def _tensor(name: str, shape: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def tiny_encoder(path: Path, *, size: int = 32) -> Path:
    """Write an image encoder: mean colours of the whole and of its four quarters.

    Its input is CLIP's; its outputs are an embedding (n, 3) and tokens (n, 5, 3).
    """
    half = size // 2
    nodes = [
        helper.make_node(
            "ReduceMean", ["pixels"], ["embedding"], axes=[2, 3], keepdims=0
        ),
        helper.make_node(
            "AveragePool",
            ["pixels"],
            ["quarters"],
            kernel_shape=[half] * 2,
            strides=[half] * 2,
        ),
        helper.make_node("Reshape", ["quarters", "flat"], ["columns"]),
        helper.make_node("Transpose", ["columns"], ["patches"], perm=[0, 2, 1]),
        helper.make_node("Unsqueeze", ["embedding", "one"], ["first"]),
        helper.make_node("Concat", ["first", "patches"], ["tokens"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "encoder",
        [_tensor("pixels", ["n", 3, size, size])],
        [_tensor("embedding", ["n", 3]), _tensor("tokens", ["n", 5, 3])],
        [
            numpy_helper.from_array(np.array([0, 3, 4], np.int64), "flat"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
        ],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(_model(graph), path)
    return path


def tiny_head_bundle(folder: Path, encoder: Path, *, package: str = "") -> Path:
    """Write the bundle of a head on a `tiny_encoder`: red is `ai`, blue `human`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros(12, np.float32)
    weights[6:9] = GAIN, 0, -GAIN  # what the mean of the patches counts
    EncoderHead(weights, 0.0).save(folder / HEAD_NAME)
    card = ModelCard(
        name="tiny-accurate",
        version="1.0",
        backbone="tiny encoder",
        preprocessing=PreprocessSpec(size=32),
        temperature=2.0,
        operating_point=OperatingPoint(ai_threshold=0.7, human_threshold=0.3),
        files={HEAD_NAME: sha256_of(folder / HEAD_NAME)},
        encoder=EncoderRef(encoder.name, sha256_of(encoder), package),
    )
    write_card(folder, card)
    return folder
