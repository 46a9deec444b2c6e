"""Training runs of a second or two, in this process and in others."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management import call_command
from numpy.typing import NDArray

from mltrain.checkpoint import CHECKPOINT_NAME

ROOT = Path(__file__).parents[2]
# Threads add floats in any order, which an epoch makes up to some 1e-5 of; what a run
# that lost its optimizer or its place would be off by is ten times as much.
WEIGHT_TOLERANCE = 5e-5
OPTIONS: dict[str, Any] = {
    "backbone": "mobilenetv2",
    "weights": "none",
    # A few layers show all there is to see.
    "cut": "block_2_add",
    "image_size": 32,
    "batch_size": 8,
    "epochs": 4,
    "head_epochs": 1,
    "patience": 9,
    "seed": 2,
    "allow_shortcuts": True,
}


def arguments(**options: Any) -> list[str]:
    """The options as a shell takes them."""
    words = []
    for name, value in {**OPTIONS, **options}.items():
        option = "--" + name.replace("_", "-")
        words += [option] if value is True else [option, str(value)]
    return words


def train(**options: Any) -> str:
    """Run the command in this process; what it printed."""
    out = io.StringIO()
    call_command("train_model", *arguments(**options), stdout=out)
    return out.getvalue()


def start(*command: str, **environment: str) -> subprocess.Popen[str]:
    """Python with these arguments, in the repository's folder."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def weights_of(output: Path) -> list[NDArray[Any]]:
    """The weights after the last step, as the run's checkpoint holds them."""
    with np.load(output / CHECKPOINT_NAME) as file:
        count = sum(name.startswith("weights.") for name in file.files)
        return [file[f"weights.{index}"] for index in range(count)]


def epochs_done(output: Path) -> int:
    """How many whole epochs the checkpoint holds."""
    with np.load(output / CHECKPOINT_NAME) as file:
        return json.loads(str(file["facts"]))["epoch"]
