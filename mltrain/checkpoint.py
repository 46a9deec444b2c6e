"""The state of a run between two epochs, in one file that is whole or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHECKPOINT_NAME = "checkpoint.npz"
Arrays = list[NDArray[Any]]


class CheckpointError(Exception):
    """The checkpoint cannot be continued; the message says why and what to do."""


@dataclass
class RunState:
    """What an epoch leaves to the next one.

    `epoch` is the next epoch to run, counted from 0; `phase` the one that `optimizer`
    belongs to. `weights` are the training network's (seeds included), `average` their
    running mean and `best` the mean of the best epoch so far. `history` has one
    dictionary of figures an epoch.
    """

    epoch: int = 0
    phase: str = ""
    steps: int = 0
    best_epoch: int = -1
    history: list[dict[str, Any]] = field(default_factory=list)
    weights: Arrays = field(default_factory=list)
    average: Arrays = field(default_factory=list)
    best: Arrays = field(default_factory=list)
    optimizer: Arrays = field(default_factory=list)


_ARRAYS = ("weights", "average", "best", "optimizer")


def save_checkpoint(folder: Path, state: RunState, config: dict[str, Any]) -> None:
    """Write the state beside its configuration: temporary file, flush, rename."""
    facts = {name: value for name, value in vars(state).items() if name not in _ARRAYS}
    arrays = {
        f"{name}.{index}": array
        for name in _ARRAYS
        for index, array in enumerate(getattr(state, name))
    }
    part = folder / f"{CHECKPOINT_NAME}.part"
    with part.open("wb") as file:
        np.savez(file, facts=json.dumps(facts), config=json.dumps(config), **arrays)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / CHECKPOINT_NAME)


def load_checkpoint(
    folder: Path, config: dict[str, Any], absent: dict[str, Any] | None = None
) -> RunState | None:
    """The state to go on from, or None when the run left none.

    `absent` says what a setting was that the file, from an earlier version, lacks.
    Raises `CheckpointError` when the file is unreadable or when its run was started
    with other settings, which would make the two halves one run of neither.
    """
    path = folder / CHECKPOINT_NAME
    if not path.is_file():
        return None
    try:
        with np.load(path) as file:
            saved = _completed(json.loads(str(file["config"])), absent or {})
            _require_same(path, saved, config)
            state = RunState(**json.loads(str(file["facts"])))
            for name in _ARRAYS:
                count = sum(key.startswith(f"{name}.") for key in file.files)
                setattr(state, name, [file[f"{name}.{i}"] for i in range(count)])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}). Remove it and train from the start."
        ) from error
    return state


def _completed(saved: dict[str, Any], absent: dict[str, Any]) -> dict[str, Any]:
    """The saved settings; those it lacks, in a policy too, from `absent`."""
    policy = absent.get("augmentation", {}) | saved.get("augmentation", {})
    return absent | saved | ({"augmentation": policy} if policy else {})


def _require_same(path: Path, saved: dict[str, Any], config: dict[str, Any]) -> None:
    """Compare as JSON does, which has no tuples."""
    before, now = (json.loads(json.dumps(settings)) for settings in (saved, config))
    changed = sorted(
        key for key in before.keys() | now.keys() if before.get(key) != now.get(key)
    )
    if changed:
        raise CheckpointError(
            f"{path} was made with other settings ({', '.join(changed)}). Resume with "
            "the same options, or train into another folder."
        )


def copies(variables: Sequence[Any]) -> Arrays:
    """The values of Keras variables as arrays of their own."""
    return [np.array(variable.numpy()) for variable in variables]
