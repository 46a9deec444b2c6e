"""TensorBoard's log of a run: `tensorboard --logdir OUTPUT/logs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

LOG_FOLDER = "logs"


class TrainingLog:
    """Scalars of each epoch under `train/`, `validation/` and `speed/`.

    With `folder=None` nothing is written. A resumed run adds a file that goes on where
    the last whole epoch ended.
    """

    def __init__(self, folder: Path | None) -> None:
        self._writer = (
            tf.summary.create_file_writer(str(folder))
            if folder
            else tf.summary.create_noop_writer()
        )

    def write(self, epoch: int, **groups: dict[str, Any]) -> None:
        """Note the numbers of each group; what is None or no number is left out."""
        with self._writer.as_default(step=epoch):
            for group, figures in groups.items():
                for name, value in figures.items():
                    if isinstance(value, (int, float)):
                        tf.summary.scalar(f"{group}/{name}", value)
        self._writer.flush()
