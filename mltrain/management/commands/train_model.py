"""`manage.py train_model`: labelled pictures in, a model bundle out."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mltrain.checkpoint import CheckpointError
from mltrain.config import PRECISIONS, STEM_STRIDES, STRATEGIES, TrainConfig
from mltrain.manifest import DatasetError
from mltrain.mixing import PARTNERS
from mltrain.policies import read_policy
from mltrain.progress_bars import ProgressBars
from mltrain.teacher import TeacherError

BACKBONES = ("mobilenetv2", "efficientnetb0", "resnet50")


class Command(BaseCommand):
    """Options in, one call, the outcome printed."""

    help = "Train a detector on labelled pictures and write a model bundle."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option for each field of `TrainConfig`, and those of the call."""
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
        add(
            "--no-test",
            dest="test",
            action="store_false",
            help="do not look at the test split: for runs that try something",
        )
        add(
            "--cache",
            type=Path,
            metavar="DIR",
            help="decoded pictures, shared by runs (default: OUTPUT/cache)",
        )
        add("--resume", action="store_true", help="go on from the last whole epoch")
        self._add_switches(parser)

    def _add_switches(self, parser: ArgumentParser) -> None:
        """What a paper recommends and a dataset may not: to be measured, each alone."""
        add = parser.add_argument_group("learning").add_argument
        add("--head-learning-rate", type=float, default=TrainConfig.head_learning_rate)
        add("--label-smoothing", type=float, default=TrainConfig.label_smoothing)
        add("--dropout", type=float, default=TrainConfig.dropout)
        add(
            "--ema", type=float, default=TrainConfig.ema, help="momentum a step; 0: off"
        )
        add("--unfreeze-from", metavar="LAYER", help="train the backbone from here on")
        add(
            "--precision",
            choices=PRECISIONS,
            default=TrainConfig.precision,
            help="auto: mixed_float16 on GPUs with tensor cores",
        )
        add = parser.add_argument_group("augmentation").add_argument
        add("--augmentation", type=Path, metavar="FILE", help="policy as JSON")
        add(
            "--augment",
            nargs="+",
            default=[],
            metavar="KEY=VALUE",
            help="change the policy, such as blur=0.3 quality=50,95",
        )
        add("--mixup", type=float, default=TrainConfig.mixup, metavar="ALPHA")
        add("--cutmix", type=float, default=TrainConfig.cutmix, metavar="ALPHA")
        add("--mix-share", type=float, default=TrainConfig.mix_share)
        add("--mix-partners", choices=PARTNERS, default=TrainConfig.mix_partners)
        add = parser.add_argument_group("network").add_argument
        add("--cut", metavar="LAYER", help="end the backbone at this layer")
        add("--stem-stride", type=int, choices=STEM_STRIDES, default=2)
        add("--high-pass", action="store_true", help="add a noise-residual branch")

    def handle(
        self,
        *args: Any,
        resume: bool,
        allow_shortcuts: bool,
        test: bool,
        cache: Path | None,
        notes: str,
        augmentation: Path | None,
        augment: list[str],
        **options: Any,
    ) -> None:
        """Run the training; every foreseen fault is one sentence."""
        from mltrain.runs import train_model

        fields = TrainConfig.__dataclass_fields__
        try:
            config = TrainConfig(
                **{k: v for k, v in options.items() if k in fields},
                augmentation=read_policy(augmentation, augment),
            )
            with interruptible() as check:

                def report(text: str) -> None:
                    check()
                    self.stdout.write(text)

                result = train_model(
                    config,
                    resume=resume,
                    allow_shortcuts=allow_shortcuts,
                    test=test,
                    cache=cache,
                    notes=notes,
                    report=report,
                    progress=ProgressBars(),
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
def interruptible() -> Iterator[Callable[[], None]]:
    """A scheduler's SIGTERM ends the run as Ctrl-C does, and not in mid-air.

    Yields a function to call now and then: it raises what came while Python ran in a
    call back of TensorFlow's, which drops exceptions.
    """
    asked = threading.Event()

    def check() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    def interrupt(*_: object) -> None:
        asked.set()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check  # signals reach the main thread alone
        return
    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
