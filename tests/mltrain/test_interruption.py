"""However a run is stopped, it loses one epoch at most and ends as if it had not."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.mltrain.datasets import manifest_folder
from tests.mltrain.small_runs import (
    WEIGHT_TOLERANCE,
    arguments,
    epochs_done,
    start,
    train,
    weights_of,
)

pytestmark = pytest.mark.training
PATIENCE_SECONDS = 600
# In the midst of which epoch each signal comes, from 0.
STOPS = {1: signal.SIGKILL, 2: signal.SIGTERM, 3: signal.SIGINT}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    return manifest_folder(folder, {"train": 12, "validation": 4, "test": 2})


def stop_within(epoch: int, signum: int, data: Path, output: Path) -> tuple[int, str]:
    """Let a run get into that epoch, stop it, and give its exit code and text."""
    reached, go_on = output.with_name(f"at{epoch}"), output.with_name(f"on{epoch}")
    options = arguments(data=data, output=output, resume=True)
    process = start(
        "-m", "tests.mltrain.stalling", str(epoch), str(reached), str(go_on), *options
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached.exists() and process.poll() is None:
        assert time.monotonic() < deadline, "the run never got there"
        time.sleep(0.05)
    process.send_signal(signum)
    # TensorFlow's own code does not hear of a signal before its step is done.
    go_on.touch()
    text, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, text


def test_a_run_stopped_three_times_ends_with_the_weights_of_one_that_was_not(
    data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "stopped"
    for epoch, signum in STOPS.items():
        code, text = stop_within(epoch, signum, data, output)

        assert epochs_done(output) == epoch, text
        if signum == signal.SIGKILL:
            assert code == -signal.SIGKILL
        else:
            assert code == 1
            assert "add --resume to go on" in text
    assert "Resuming after epoch 3." in train(data=data, output=output, resume=True)

    train(data=data, output=tmp_path / "whole")

    for one, other in zip(
        weights_of(output), weights_of(tmp_path / "whole"), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=WEIGHT_TOLERANCE)
