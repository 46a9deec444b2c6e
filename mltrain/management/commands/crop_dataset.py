"""`manage.py crop_dataset`: a dataset of square cuts at native resolution."""

from __future__ import annotations

import os
import statistics
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from mltrain.crops import CropSettings, Cut, crop_dataset, read_originals
from mltrain.layouts import read_dataset
from mltrain.manifest import Dataset, DatasetError
from mltrain.tables import NONE, format_table

SHOWN = 10
_OUTCOMES = ("written", "too small", "unreadable", "no original")


class Command(BaseCommand):
    """Read, cut, compress alike, write, count."""

    help = (
        "Write a dataset of square cuts of native pixels, at random places, compressed "
        "alike for both labels. Splits and groups stay. Run again, it goes on."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command."""
        default = CropSettings()
        parser.add_argument("--data", type=Path, required=True, help="dataset folder")
        parser.add_argument(
            "--output", type=Path, required=True, help="folder of the new dataset"
        )
        parser.add_argument(
            "--originals",
            type=Path,
            metavar="CSV",
            help="cut the full-size files it names: path (as in --data), original",
        )
        parser.add_argument(
            "--size", type=int, default=default.size, help="side in pixels"
        )
        parser.add_argument(
            "--crops", type=int, default=default.crops, help="cuts of each picture"
        )
        parser.add_argument(
            "--quality",
            type=int,
            nargs=2,
            default=default.quality,
            metavar=("LOW", "HIGH"),
            help="JPEG qualities to draw from",
        )
        parser.add_argument(
            "--seed", type=int, default=default.seed, help="of places and qualities"
        )

    def handle(self, **options: Any) -> None:
        """Run; every foreseeable fault becomes a `CommandError`."""
        data, output = options["data"], options["output"]
        try:
            settings = CropSettings(
                size=options["size"],
                crops=options["crops"],
                seed=options["seed"],
                quality=tuple(options["quality"]),
            )
            if output.resolve().is_relative_to(data.resolve()):
                raise DatasetError(
                    f"{output} lies in {data}, whose pictures are read. Give an "
                    "--output outside."
                )
            dataset = read_dataset(data)
            originals = (
                read_originals(options["originals"]) if options["originals"] else None
            )
            if originals is not None and not originals.keys() & {
                sample.name for sample in dataset.samples
            }:
                raise DatasetError(
                    f"{options['originals']} names no picture of {data}. Its column "
                    "'path' must hold the names that the dataset uses."
                )
            with tqdm(total=len(dataset.samples), unit="picture", disable=None) as bar:
                cuts = crop_dataset(
                    dataset.samples,
                    output,
                    settings,
                    originals=originals,
                    workers=os.cpu_count() or 1,
                    progress=bar.update,
                )
        except (DatasetError, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError(
                "Stopped before the manifest was written. The same command goes on."
            ) from error
        self.stdout.write(_table(dataset, cuts))
        self._name("missing or repeated", dataset.problems)
        unreadable = [c for c in cuts if c.outcome == "unreadable"]
        self._name("unreadable", [f"{c.sample.name}: {c.reason}" for c in unreadable])
        written = sum(c.outcome == "written" for c in cuts) * settings.crops
        self.stdout.write(self.style.SUCCESS(f"Wrote {written} cuts to {output}"))

    def _name(self, what: str, lines: Sequence[str]) -> None:
        if lines:
            self.stdout.write(f"{len(lines)} pictures {what}:")
        for line in lines[:SHOWN]:
            self.stdout.write(f"  {line}")


def _table(dataset: Dataset, cuts: Sequence[Cut]) -> str:
    """Pictures by split and label; the last column is what the cuts were taken from."""
    rows = []
    for split in [*dataset.splits, "all"]:
        for label in ("human", "ai"):
            members = [
                c
                for c in cuts
                if c.sample.label == label and split in ("all", c.sample.split)
            ]
            counts = [sum(c.outcome == name for c in members) for name in _OUTCOMES]
            sides = [c.short_side for c in members if c.outcome == "written"]
            side = f"{statistics.median(sides):.0f} px" if sides else NONE
            rows.append([split, label, *map(str, [len(members), *counts]), side])
    headers = ["split", "label", "pictures", *_OUTCOMES, "median short side"]
    return format_table(headers, rows)
