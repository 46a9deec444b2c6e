"""The engines that are compared, and what each needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from benchmarks.engines import files, runners
from benchmarks.engines.files import Make
from benchmarks.engines.runners import Run

ENGINES_FILE = "benchmarks/requirements-engines.txt"
TRAINING_FILE = "requirements.txt"


@dataclass(frozen=True)
class Candidate:
    """One way to run the network.

    `packages` are what it adds to a server that has none of the others. `making` are
    modules that its file is made with, which a server would not need. `calibrated`
    ones need pictures; `judged` is false where the answers must be the reference's.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    make: Make
    load: Callable[[Path], Run]
    making: tuple[str, ...] = ()
    calibrated: bool = False
    judged: bool = True


_ONNX = ("onnxruntime", "flatbuffers", "protobuf")
_OPENVINO = ("openvino",)
_LITERT = ("ai-edge-litert", "flatbuffers", "protobuf", "ml_dtypes")
_KERAS = ("keras", "tensorflow")

CANDIDATES = (
    Candidate(
        "ONNX Runtime fp32, 1 thread",
        *("onnxruntime", _ONNX, files.shipped_onnx, runners.onnx_runtime),
        judged=False,
    ),
    Candidate(
        "ONNX Runtime fp32, 2 threads",
        *("onnxruntime", _ONNX, files.shipped_onnx, runners.onnx_runtime_two_threads),
        judged=False,
    ),
    Candidate(
        "ONNX Runtime fp16",
        *("onnxruntime", _ONNX, files.onnx_fp16, runners.onnx_runtime),
        making=("onnx",),
    ),
    Candidate(
        "ONNX Runtime int8 (QDQ)",
        *("onnxruntime", _ONNX, files.onnx_int8, runners.onnx_runtime),
        making=("onnx",),
        calibrated=True,
    ),
    Candidate(
        "OpenVINO f32",
        *("openvino", _OPENVINO, files.shipped_onnx, runners.openvino),
    ),
    Candidate(
        "OpenVINO, fp16 weights",
        *("openvino", _OPENVINO, files.openvino_fp16, runners.openvino),
    ),
    Candidate(
        "OpenVINO int8 (the same QDQ)",
        *("openvino", _OPENVINO, files.onnx_int8, runners.openvino),
        making=("onnx", "onnxruntime"),
        calibrated=True,
    ),
    Candidate(
        "LiteRT fp32",
        *("ai_edge_litert", _LITERT, files.litert_fp32, runners.litert),
        making=_KERAS,
    ),
    Candidate(
        "LiteRT, fp16 weights",
        *("ai_edge_litert", _LITERT, files.litert_fp16, runners.litert),
        making=_KERAS,
    ),
    Candidate(
        "LiteRT int8",
        *("ai_edge_litert", _LITERT, files.litert_int8, runners.litert),
        making=_KERAS,
        calibrated=True,
    ),
)
REFERENCE = CANDIDATES[0]


def choose(
    candidates: Sequence[Candidate], *, pictures: bool
) -> tuple[list[Candidate], list[str]]:
    """Those that can run here, and a sentence for each that cannot."""
    chosen, skipped = [], []
    for candidate in candidates:
        reason = _missing(candidate, pictures)
        if reason:
            skipped.append(f"{candidate.name} is left out: {reason}")
        else:
            chosen.append(candidate)
    return chosen, skipped


def installed_mb(packages: Sequence[str]) -> float:
    """Megabytes of the files of installed packages; `nan` where one is missing."""
    try:
        return sum(map(_package_bytes, packages)) / 1e6
    except PackageNotFoundError:
        return float("nan")


def _package_bytes(package: str) -> int:
    paths = [path.locate() for path in distribution(package).files or ()]
    return sum(
        Path(path).stat().st_size
        for path in map(Path, map(str, paths))
        if path.suffix != ".pyc" and path.is_file()
    )


def _missing(candidate: Candidate, pictures: bool) -> str:
    """Why a candidate cannot run; empty if it can."""
    if not find_spec(candidate.module):
        return (
            f"{candidate.module} is not installed. Run: pip install -r {ENGINES_FILE}"
        )
    absent = [name for name in candidate.making if not find_spec(name)]
    if absent:
        names = " and ".join(absent)
        return f"{names} would make its file. Run: pip install -r {TRAINING_FILE}"
    if candidate.calibrated and not pictures:
        return "it is calibrated on training pictures. Name them with --data."
    return ""
