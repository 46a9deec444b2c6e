"""Everything that decides a training run; written beside its weights."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mltrain.augment import AugmentPolicy
from mltrain.mixing import PARTNERS, Mixing

STRATEGIES = ("none", "mirrored", "multiworker")
PRECISIONS = ("auto", "float32", "mixed_float16")
STEM_STRIDES = (1, 2)


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

    Switches, off by default: `mixup`, `cutmix`, `mix_share` and `mix_partners` are
    those of `Mixing`; `high_pass`, `stem_stride` and `cut` change the network as
    `build_network` says; `unfreeze_from` is the first layer of the backbone that is
    trained at all. `precision` is `auto`, `float32` or `mixed_float16`.
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
    mixup: float = 0.0
    cutmix: float = 0.0
    mix_share: float = 0.5
    mix_partners: str = "any"
    high_pass: bool = False
    stem_stride: int = 2
    cut: str | None = None
    unfreeze_from: str | None = None
    precision: str = "auto"
    augmentation: AugmentPolicy = field(default_factory=AugmentPolicy)

    def __post_init__(self) -> None:
        """Raise `ValueError` for what could not be trained with, by its option."""
        least = {"epochs": 1, "head_epochs": 0, "batch_size": 1, "patience": 1}
        least |= {"image_size": 32, "limit": 2, "mixup": 0, "cutmix": 0}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and value < bound:
                raise ValueError(f"{_option(name)} is {value}; give {bound} or more.")
        if self.teacher_labels and not self.teacher:
            raise ValueError("--teacher-labels needs a --teacher.")
        for name in ("learning_rate", "head_learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{_option(name)} must be above 0.")
        for name, most in {
            "dropout": 0.95, "label_smoothing": 0.5, "ema": 0.99999, "mix_share": 1.0,
            "teacher_labels": 1.0,
        }.items():  # fmt: skip
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(
                    f"{_option(name)} is {getattr(self, name)}; give 0 to {most:g}."
                )
        for name, known in {
            "strategy": STRATEGIES,
            "precision": PRECISIONS,
            "stem_stride": STEM_STRIDES,
            "mix_partners": PARTNERS,
        }.items():
            if getattr(self, name) not in known:
                choices = ", ".join(map(str, known))
                value = getattr(self, name)
                raise ValueError(f"{_option(name)} is {value!r}; give {choices}.")

    @property
    def mixing(self) -> Mixing:
        """How pictures of a batch are blended."""
        return Mixing(self.mixup, self.cutmix, self.mix_share, self.mix_partners)

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


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def before_switches() -> dict[str, Any]:
    """What a checkpoint means that was written before a setting existed."""
    defaults = {
        field.name: field.default
        for field in dataclasses.fields(TrainConfig)
        if field.default is not dataclasses.MISSING
    }
    return defaults | {
        "precision": "float32",
        "augmentation": AugmentPolicy().to_dict(),
    }
