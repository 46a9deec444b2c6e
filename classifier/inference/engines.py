"""What runs the network: a batch in, logits and activation maps out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.inference.errors import (
    ModelCorrupt,
    ModelIncompatible,
    ModelUnavailable,
)
from classifier.inference.types import EngineOutput

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LOGIT = "logit"
ACTIVATION_MAP = "activation_map"


class Engine(Protocol):
    """Runs one network; `run` may be called from several threads at once."""

    name: str

    def run(self, batch: NDArray[np.float32]) -> EngineOutput:
        """(n, size, size, 3) float32 in 0–1 → n logits and n activation maps."""
        ...


class OnnxEngine:
    """A network in ONNX Runtime, on the CPU."""

    name = "onnx"

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the graph at `path`, which the caller has verified.

        One thread per picture and no spinning: a server answers several pictures at
        once, and threads that spin take the cores from each other.

        Raises `ModelUnavailable` when ONNX Runtime is not installed, `ModelCorrupt`
        when the file cannot be loaded, `ModelIncompatible` when outputs are missing.
        """
        self._session = open_session(path, threads)
        self._input = self._session.get_inputs()[0].name
        require_outputs({output.name for output in self._session.get_outputs()}, path)

    def run(self, batch: NDArray[np.float32]) -> EngineOutput:
        """See `Engine.run`. Raises `ModelIncompatible` when the batch does not fit."""
        try:
            logits, maps = self._session.run(
                [LOGIT, ACTIVATION_MAP], {self._input: batch}
            )
        except Exception as error:
            raise refused_batch(batch, error) from error
        return to_output({LOGIT: logits, ACTIVATION_MAP: maps}, len(batch))


def open_session(
    path: Path, threads: int, entries: Mapping[str, str] | None = None
) -> InferenceSession:
    """An ONNX graph on the CPU; `entries` are further settings of the session.

    Raises `ModelUnavailable` when ONNX Runtime is not installed and `ModelCorrupt`
    when the file cannot be loaded.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelUnavailable(
            "ONNX Runtime is not installed. "
            "Run: pip install -r deploy/requirements-serve.txt"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for name, value in (entries or {}).items():
        options.add_session_config_entry(name, value)
    # The arena keeps what the largest run needed; malloc is as fast and gives back.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise ModelCorrupt(f"{path} cannot be loaded as ONNX: {error}") from error


def require_outputs(names: set[str], path: Path) -> None:
    """Raise `ModelIncompatible` unless the network names both outputs."""
    missing = {LOGIT, ACTIVATION_MAP} - names
    if missing:
        raise ModelIncompatible(
            f"{path} has no output named {' or '.join(sorted(missing))}. "
            "Export the model again with this version."
        )


def refused_batch(batch: NDArray[np.float32], error: Exception) -> ModelIncompatible:
    """The error for a network that does not take what its card promises."""
    return ModelIncompatible(
        f"The network does not take a batch of shape {batch.shape}: {error}. "
        "Check the input size in its card, or export the model again."
    )


def to_output(outputs: Mapping[str, NDArray[np.float32]], count: int) -> EngineOutput:
    """Named arrays → `EngineOutput`; an axis of length one at the end is dropped.

    Raises `ModelIncompatible` for other shapes and `ModelCorrupt` for values that are
    not numbers.
    """
    logits = np.asarray(outputs[LOGIT], dtype=np.float32)
    maps = np.asarray(outputs[ACTIVATION_MAP], dtype=np.float32)
    if logits.ndim == 2 and logits.shape[1] == 1:
        logits = logits[:, 0]
    if maps.ndim == 4 and maps.shape[3] == 1:
        maps = maps[..., 0]
    if logits.shape != (count,) or maps.ndim != 3 or len(maps) != count:
        raise ModelIncompatible(
            f"The network answered {count} pictures with logits of shape "
            f"{logits.shape} and maps of shape {maps.shape}. Export the model again."
        )
    if not (np.isfinite(logits).all() and np.isfinite(maps).all()):
        raise ModelCorrupt(
            "The network's answer is not a number. Export the model again."
        )
    return EngineOutput(logits=logits, activation_maps=maps)
