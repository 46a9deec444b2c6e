"""`manage.py train_head`: a linear head on a frozen image encoder, as a bundle."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mltrain.manifest import DatasetError
from mltrain.policies import read_policy
from mltrain.progress_bars import ProgressBars
from mltrain.teacher import TeacherError


class Command(BaseCommand):
    """Options in, one call, the outcome printed."""

    help = "Train a head on a large frozen image encoder and write a model bundle."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of a run."""
        add = parser.add_argument
        add("--data", required=True, type=Path, help="folder of labelled pictures")
        add("--encoder", required=True, type=Path, help="ONNX image encoder (CLIP's)")
        add("--output", required=True, type=Path, help="for embeddings and the bundle")
        add("--package", default="", help="the Python package that brings the encoder")
        add("--views", type=int, default=1, help="altered views beside the whole one")
        add("--augmentation", type=Path, metavar="FILE", help="policy as JSON")
        add(
            "--augment",
            nargs="+",
            default=[],
            metavar="KEY=VALUE",
            help="change the policy of the views, such as blur=0.3 quality=50,95",
        )
        add("--image-size", type=int, default=224, help="side of the encoder's view")
        add("--seed", type=int, default=0)
        add("--limit", type=int, help="use at most N pictures of each split")
        add("--threads", type=int, default=2, help="ONNX Runtime's")
        add("--name", default="accurate", help="name of the model")
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

    def handle(
        self,
        *args: Any,
        allow_shortcuts: bool,
        test: bool,
        notes: str,
        augmentation: Path | None,
        augment: list[str],
        **options: Any,
    ) -> None:
        """Run the training; every foreseen fault is one sentence."""
        from mltrain.head_runs import HeadConfig, train_head

        fields = HeadConfig.__dataclass_fields__
        try:
            config = HeadConfig(
                **{k: v for k, v in options.items() if k in fields},
                augmentation=read_policy(augmentation, augment),
            )
            result = train_head(
                config,
                allow_shortcuts=allow_shortcuts,
                test=test,
                notes=notes,
                report=self.stdout.write,
                progress=ProgressBars(),
            )
        except KeyboardInterrupt as error:
            raise CommandError(
                "Interrupted. The embeddings made so far are kept: the same command "
                "goes on from them."
            ) from error
        except (DatasetError, TeacherError, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Wrote {result.bundle}"))
