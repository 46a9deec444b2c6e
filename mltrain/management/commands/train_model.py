"""`manage.py train_model`: labelled pictures in, a model bundle out."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from mltrain.checkpoint import CheckpointError
from mltrain.config import TrainConfig
from mltrain.manifest import DatasetError
from mltrain.teacher import TeacherError

BACKBONES = ("mobilenetv2", "efficientnetb0", "resnet50")
STRATEGIES = ("none", "mirrored", "multiworker")


class Command(BaseCommand):
    """Options in, one call, the outcome printed."""

    help = "Train a detector on labelled pictures and write a model bundle."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of a run; the rest of `TrainConfig` keeps its defaults."""
        add = parser.add_argument
        add("--data", required=True, help="folder of labelled pictures")
        add("--output", required=True, help="folder for checkpoints and the bundle")
        add("--backbone", required=True, choices=BACKBONES)
        add("--weights", default="imagenet", help="imagenet, none or a .weights.h5")
        add("--epochs", type=int, default=TrainConfig.epochs)
        add("--head-epochs", type=int, default=TrainConfig.head_epochs)
        add("--batch-size", type=int, default=TrainConfig.batch_size)
        add("--image-size", type=int, default=TrainConfig.image_size)
        add("--learning-rate", type=float, default=TrainConfig.learning_rate)
        add("--patience", type=int, default=TrainConfig.patience)
        add("--seed", type=int, default=TrainConfig.seed)
        add("--limit", type=int, help="use at most N pictures of each split")
        add("--strategy", choices=STRATEGIES, default=TrainConfig.strategy)
        add("--teacher", help="file written by embed_dataset, to distil from")
        add("--teacher-weight", type=float, default=TrainConfig.teacher_weight)
        add(
            "--teacher-labels",
            type=float,
            default=TrainConfig.teacher_labels,
            help="share of the teacher's own opinion in the labels (0 to 1)",
        )
        add("--name", default="", help="name of the model (default: the backbone)")
        add("--notes", default="", help="sentences for the model's card")
        add(
            "--allow-shortcuts",
            action="store_true",
            help="train even where the files give the labels away",
        )
        add("--resume", action="store_true", help="go on from the last whole epoch")

    def handle(
        self,
        *args: Any,
        resume: bool,
        allow_shortcuts: bool,
        notes: str,
        **options: Any,
    ) -> None:
        """Run the training; every foreseen fault is one sentence."""
        from mltrain.runs import train_model

        bars: dict[str, tqdm] = {}

        def progress(task: str, done: int, total: int) -> None:
            if task not in bars:
                bars[task] = tqdm(desc=task, total=total, unit="img", disable=None)
            bars[task].update(done - bars[task].n)

        fields = TrainConfig.__dataclass_fields__
        try:
            config = TrainConfig(**{k: v for k, v in options.items() if k in fields})
            with sigterm_as_interrupt():
                result = train_model(
                    config,
                    resume=resume,
                    allow_shortcuts=allow_shortcuts,
                    notes=notes,
                    report=self.stdout.write,
                    progress=progress,
                )
        except KeyboardInterrupt as error:
            raise CommandError(
                "Interrupted. The last whole epoch is kept: add --resume to go on."
            ) from error
        except (
            CheckpointError,
            DatasetError,
            TeacherError,
            OSError,
            ValueError,
        ) as error:
            raise CommandError(str(error)) from error
        if result:
            self.stdout.write(self.style.SUCCESS(f"Wrote {result.bundle}"))
        else:
            self.stdout.write("Done; the first worker writes the bundle.")


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """A scheduler's SIGTERM ends the run as Ctrl-C does, and not in mid-air."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
