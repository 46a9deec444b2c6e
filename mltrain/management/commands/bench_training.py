"""`manage.py bench_training`: pictures a second of the pipeline and of the step."""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.inference.preprocessing import PreprocessSpec
from mltrain.config import PRECISIONS, STEM_STRIDES, TrainConfig
from mltrain.layouts import read_dataset
from mltrain.management.commands.train_model import BACKBONES
from mltrain.manifest import DatasetError
from mltrain.pipeline import CachedSample, cache_samples
from mltrain.policies import read_policy
from mltrain.runtime import prepare_tensorflow
from mltrain.tables import format_table

NEEDED = 3.0


class Command(BaseCommand):
    """Time the input pipeline alone, the step alone, and both together."""

    help = (
        "Measure how many pictures a second the input pipeline prepares and each "
        "backbone's training step consumes; nothing is trained or written."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command; those of `train_model` mean the same."""
        add = parser.add_argument
        add("--data", type=Path, required=True, help="dataset folder")
        add("--backbones", nargs="+", choices=BACKBONES, default=BACKBONES)
        add("--steps", type=int, default=10, help="batches to time")
        add("--batch-size", type=int, default=TrainConfig.batch_size)
        add("--image-size", type=int, default=TrainConfig.image_size)
        add("--precision", choices=PRECISIONS, default=TrainConfig.precision)
        add("--augmentation", type=Path, metavar="FILE", help="policy as JSON")
        add("--augment", nargs="+", default=[], metavar="KEY=VALUE")
        add("--stem-stride", type=int, choices=STEM_STRIDES, default=2)
        add("--high-pass", action="store_true")
        add("--json", type=Path, help="write the figures here")

    def handle(self, **options: Any) -> None:
        """Run; every foreseeable fault becomes a `CommandError`."""
        fields = TrainConfig.__dataclass_fields__
        try:
            policy = read_policy(options.pop("augmentation"), options["augment"])
            if options["steps"] < 1:
                raise ValueError(f"--steps is {options['steps']}; give 1 or more.")
            configs = [
                TrainConfig(
                    **{k: v for k, v in options.items() if k in fields and k != "data"},
                    data=str(options["data"]),
                    output="",
                    backbone=backbone,
                    weights="none",
                    augmentation=policy,
                )
                for backbone in options["backbones"]
            ]
            with tempfile.TemporaryDirectory() as folder:
                cached = self._cache(configs[0], options["steps"], Path(folder))
                figures = self._measure(configs, cached, options["steps"])
            if options["json"]:
                text = json.dumps(figures, indent=2) + "\n"
                options["json"].write_text(text, encoding="utf-8")
        except (DatasetError, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self._print(figures)

    def _cache(
        self, config: TrainConfig, steps: int, folder: Path
    ) -> list[CachedSample]:
        samples = read_dataset(Path(config.data)).split("train")
        wanted = samples[: steps * config.batch_size]
        spec = PreprocessSpec(size=config.image_size)
        with tqdm(desc="decoding", total=len(wanted), unit="img", disable=None) as bar:
            cached, _ = cache_samples(
                wanted,
                folder,
                spec,
                progress=lambda done, total: bar.update(done - bar.n),
            )
        if not cached:
            raise DatasetError(f"{config.data} has no readable picture in train.")
        return cached

    def _measure(
        self, configs: list[TrainConfig], cached: list[CachedSample], steps: int
    ) -> list[dict[str, Any]]:
        prepare_tensorflow()
        from mltrain.throughput import measure_throughput

        with tqdm(desc="timing", total=3 * len(configs), disable=None) as bar:
            return [
                measure_throughput(config, cached, steps, bar.update).to_dict()
                for config in configs
            ]

    def _print(self, figures: list[dict[str, Any]]) -> None:
        rows = [
            [
                row["backbone"],
                row["precision"],
                *(f"{row[name]:.1f}" for name in ("pipeline", "step", "together")),
                f"{row['ratio']:.1f}×",
                f"{row['pipeline_share']:.0%}",
            ]
            for row in figures
        ]
        headers = ["pictures/s", "precision", "pipeline", "step", "together", "ratio"]
        self.stdout.write(format_table([*headers, "pipeline's share"], rows))
        slow = [row["backbone"] for row in figures if row["ratio"] < NEEDED]
        if slow:
            self.stdout.write(
                f"The pipeline is less than {NEEDED:g} times as fast as the step of "
                f"{', '.join(slow)}: give the machine more cores, or a lighter "
                "augmentation."
            )
