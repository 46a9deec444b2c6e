"""What a page or a command doesn't need is not imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("django", "onnxruntime", "onnx", "tensorflow", "keras", "sklearn", "mltrain")


def loaded(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after running `code`."""
    probe = f"{code}\nimport sys\nprint(*[n for n in {HEAVY!r} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        *("detector", "engines", "keras_engine", "encoder", "encoder_engine"),
        *("heatmap", "images", "bundle"),
    ],
)
def test_importing_inference_loads_no_framework(module: str) -> None:
    assert loaded(f"import classifier.inference.{module}") == set()


def test_the_probe_sees_what_is_loaded() -> None:
    assert loaded("import django") == {"django"}


def test_judging_with_onnx_loads_no_tensorflow(bundle_folder: object) -> None:
    code = (
        "from pathlib import Path\n"
        "from classifier.inference.detector import load_detector\n"
        f"load_detector(Path({str(bundle_folder)!r})).warm()"
    )

    assert loaded(code) == {"onnxruntime"}
