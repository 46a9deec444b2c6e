"""`manage.py prepare_dataset`: any layout → a manifest with groups and splits."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from mltrain.duplicates import Duplicates, find_duplicates, take_prints
from mltrain.manifest import Dataset, DatasetError
from mltrain.prepare import Prepared, prepare, read_folder, save_manifest
from mltrain.tables import format_table

SHOWN = 10


class Command(BaseCommand):
    """Read, find copies, group, split, write."""

    help = (
        "Find copies in a labelled folder, keep them and pairs together, split it "
        "70/20/10 and write manifest.csv. Run again, it moves no picture that it knew."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command."""
        parser.add_argument("--data", type=Path, required=True, help="dataset folder")
        parser.add_argument("--seed", type=int, default=0, help="of the splits")
        parser.add_argument(
            "--resplit", action="store_true", help="give up the splits written down"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print what is found, write nothing"
        )

    def handle(self, **options: Any) -> None:
        """Run; every foreseeable fault becomes a `CommandError`."""
        folder = options["data"]
        try:
            samples, missing = read_folder(folder)
            with tqdm(total=len(samples), unit="picture", disable=None) as bar:
                prints = take_prints(
                    samples, workers=os.cpu_count() or 1, progress=bar.update
                )
            duplicates = find_duplicates(prints)
            prepared = prepare(
                prints.samples,
                duplicates,
                seed=options["seed"],
                resplit=options["resplit"],
            )
            self._print(folder, prepared, duplicates)
            self._name("missing or repeated, left out", missing)
            self._name("unreadable, left out", prints.problems)
            self._name("copies with both labels, left out", prepared.contradicting)
            self._name("moved to the split of their copies", prepared.moved)
            if options["dry_run"]:
                self.stdout.write("Nothing was written (--dry-run).")
            else:
                path = save_manifest(folder, prepared.samples)
                self.stdout.write(self.style.SUCCESS(f"Wrote {path}"))
        except (DatasetError, OSError) as error:
            raise CommandError(str(error)) from error

    def _print(self, folder: Path, prepared: Prepared, duplicates: Duplicates) -> None:
        dataset = Dataset(folder, tuple(prepared.samples))
        rows = []
        for split in [*dataset.splits, "all"]:
            members = dataset.split(split)
            labels = Counter(s.label for s in members)
            groups = len({s.group for s in members})
            share = len(members) / max(1, len(dataset.samples))
            counts = [labels["human"], labels["ai"], len(members), groups]
            of_ai = labels["ai"] / max(1, len(members))
            shares = [f"{share:.1%}", f"{of_ai:.1%}"]
            rows.append([split, *map(str, counts), *shares])
        headers = ["split", "human", "ai", "pictures", "groups", "share", "ai share"]
        self.stdout.write(format_table(headers, rows))
        self.stdout.write(
            f"\n{len(duplicates.exact)} sets of identical files, "
            f"{len(duplicates.near)} sets of near-duplicates; each is in one group."
        )

    def _name(self, what: str, lines: list[str]) -> None:
        if lines:
            self.stdout.write(f"{len(lines)} pictures {what}:")
        for line in lines[:SHOWN]:
            self.stdout.write(f"  {line}")
