"""A checkpoint gives back what was put in, or says why it can't."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mltrain.checkpoint import (
    CHECKPOINT_NAME,
    CheckpointError,
    RunState,
    load_checkpoint,
    save_checkpoint,
)

CONFIG = {"seed": 1, "augmentation": {"quality": (30, 95)}}


@pytest.fixture
def state() -> RunState:
    return RunState(
        epoch=3,
        phase="fine-tuning",
        steps=42,
        best_epoch=2,
        history=[{"epoch": 1, "auroc": 0.7}],
        weights=[np.arange(6.0).reshape(2, 3), np.array(7, np.uint32)],
        average=[np.ones(2, np.float32)],
        best=[np.zeros(1)],
        optimizer=[np.array(9, np.int64)],
    )


def test_what_was_saved_comes_back(tmp_path: Path, state: RunState) -> None:
    save_checkpoint(tmp_path, state, CONFIG)
    loaded = load_checkpoint(tmp_path, CONFIG)
    assert loaded is not None
    assert (loaded.epoch, loaded.phase, loaded.history) == (
        state.epoch,
        state.phase,
        state.history,
    )
    for saved, back in zip(state.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(saved, back)
        assert saved.dtype == back.dtype


def test_a_folder_without_a_checkpoint_has_no_state(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, CONFIG) is None


def test_an_interrupted_write_leaves_the_last_checkpoint(
    tmp_path: Path, state: RunState
) -> None:
    save_checkpoint(tmp_path, state, CONFIG)
    (tmp_path / f"{CHECKPOINT_NAME}.part").write_bytes(b"half a file")
    loaded = load_checkpoint(tmp_path, CONFIG)
    assert loaded is not None
    assert loaded.epoch == state.epoch


def test_other_settings_are_refused_and_named(tmp_path: Path, state: RunState) -> None:
    save_checkpoint(tmp_path, state, CONFIG)
    with pytest.raises(CheckpointError, match="seed"):
        load_checkpoint(tmp_path, {**CONFIG, "seed": 2})


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"PK not a zip")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(tmp_path, CONFIG)


def test_a_run_from_before_a_setting_existed_goes_on_with_what_it_was(
    tmp_path: Path, state: RunState
) -> None:
    save_checkpoint(tmp_path, state, CONFIG)
    absent = {"mixup": 0.0, "augmentation": {"screenshot": 0.0}}
    now = {**CONFIG, **absent, "augmentation": {"quality": [30, 95], "screenshot": 0.0}}
    assert load_checkpoint(tmp_path, now, absent) is not None
    with pytest.raises(CheckpointError, match="mixup"):
        load_checkpoint(tmp_path, {**now, "mixup": 0.2}, absent)
