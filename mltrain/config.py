"""Everything that decides a training run; written beside its weights."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mltrain.augment import AugmentPolicy


@dataclass(frozen=True)
class TrainConfig:
    """One run of `train_model`.

    `weights` is `imagenet`, `none` or the path of a weights file or a bundle. The head
    alone is trained for `head_epochs`, then all for the rest of `epochs`; both
    learning rates fall along a cosine. `ema` is the momentum of the averaged weights
    that are validated and shipped, per step; 0 turns averaging off. `teacher` is a
    file written by `embed_dataset`; `teacher_weight` weighs its loss against the
    labels'. `teacher_labels` (0-1) is the share of the teacher's own, cross-fitted
    opinion in the labels. Training stops when validation AUROC has not risen for
    `patience` epochs.
    """

    data: str
    output: str
    backbone: str
    weights: str = "imagenet"
    epochs: int = 12
    head_epochs: int = 1
    batch_size: int = 32
    image_size: int = 224
    learning_rate: float = 3e-4
    head_learning_rate: float = 2e-3
    label_smoothing: float = 0.05
    dropout: float = 0.3
    ema: float = 0.995
    patience: int = 4
    seed: int = 0
    limit: int | None = None
    strategy: str = "none"
    teacher: str | None = None
    teacher_weight: float = 1.0
    teacher_labels: float = 0.0
    name: str = ""
    augmentation: AugmentPolicy = field(default_factory=AugmentPolicy)

    def __post_init__(self) -> None:
        """Raise `ValueError` for numbers with which nothing could be trained."""
        least = {"epochs": 1, "head_epochs": 0, "batch_size": 1, "patience": 1}
        least |= {"image_size": 32, "limit": 2}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and value < bound:
                option = "--" + name.replace("_", "-")
                raise ValueError(f"{option} is {value}; give {bound} or more.")
        if not 0 <= self.teacher_labels <= 1:
            raise ValueError("--teacher-labels is a share: give 0 to 1.")
        if self.teacher_labels and not self.teacher:
            raise ValueError("--teacher-labels needs a --teacher.")
        for name in ("learning_rate", "head_learning_rate"):
            if not getattr(self, name) > 0:
                option = "--" + name.replace("_", "-")
                raise ValueError(f"{option} must be above 0.")

    def to_dict(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        return dataclasses.asdict(self)

    def schedule(self) -> dict[str, Any]:
        """All that must stay the same for a run to be resumed."""
        values = self.to_dict()
        del values["output"]
        return values

    def public(self) -> dict[str, Any]:
        """The configuration for a card: of paths only the last name."""
        values = self.to_dict()
        for name in ("data", "output", "weights", "teacher"):
            if values[name]:
                values[name] = Path(values[name]).name
        return values

    def save(self, folder: Path) -> None:
        """Write `config.json` into the run's folder."""
        text = json.dumps(self.to_dict(), indent=2) + "\n"
        (folder / "config.json").write_text(text, encoding="utf-8")
