"""A file of the network → a function that runs it, in each of the engines.

Every function takes (n, size, size, 3) float32 in 0–1 and gives (n,) logits. Engines
are imported where they are used, so that a process holds one of them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.inference.engines import ACTIVATION_MAP, LOGIT

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def onnx_runtime(path: Path, threads: int = 1) -> Run:
    """As the site runs it: no spinning, no arena, both outputs."""
    from classifier.inference.engines import OnnxEngine

    engine = OnnxEngine(path, threads)
    return lambda batch: engine.run(batch).logits


def onnx_runtime_two_threads(path: Path) -> Run:
    """As the site runs it, but two threads for one picture."""
    return onnx_runtime(path, threads=2)


def openvino(path: Path) -> Run:
    """One thread, one stream, in fp32 arithmetic, compiled for each length of batch."""
    import openvino as ov

    core = ov.Core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "ENABLE_HYPER_THREADING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled: dict[int, Any] = {}

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(batch) not in compiled:
            model = core.read_model(path)
            model.reshape(batch.shape)
            compiled[len(batch)] = core.compile_model(model, "CPU", settings)
        answer = compiled[len(batch)](batch)
        _ = answer[ACTIVATION_MAP]
        return np.array(answer[LOGIT]).reshape(len(batch))

    return run


def litert(path: Path) -> Run:
    """One thread, by XNNPACK, which LiteRT takes of itself."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    place = interpreter.get_input_details()[0]["index"]
    length = 0

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        nonlocal length
        if len(batch) != length:
            interpreter.resize_tensor_input(place, batch.shape)
            interpreter.allocate_tensors()
            length = len(batch)
        interpreter.set_tensor(place, batch)
        interpreter.invoke()
        answers = [
            interpreter.get_tensor(output["index"])
            for output in interpreter.get_output_details()
        ]
        return min(answers, key=np.size).reshape(len(batch))

    return run
