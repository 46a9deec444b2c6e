"""`manage.py audit_dataset`: does a dataset give its labels away?"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from mltrain.audit import SHORTCUT_LIMIT, AuditReport, audit_dataset
from mltrain.duplicates import find_duplicates, take_prints
from mltrain.layouts import read_dataset
from mltrain.manifest import DatasetError
from mltrain.tables import figure, format_table

SHOWN = 10


class Command(BaseCommand):
    """Print what the files say without their pictures; exit code 1 above the limit."""

    help = (
        "Tell how much of the label the files give away without the picture: format, "
        "size, compression, metadata. Also copies across splits and the balance."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command."""
        parser.add_argument("--data", type=Path, required=True, help="dataset folder")
        parser.add_argument(
            "--limit-auroc",
            type=float,
            default=SHORTCUT_LIMIT,
            help="exit with 1 when the files say more than this (0.5 says nothing)",
        )
        parser.add_argument("--limit", type=int, help="at most so many per split")
        parser.add_argument(
            "--exact", action="store_true", help="don't look for near-duplicates"
        )
        parser.add_argument("--json", type=Path, help="write the report here")

    def handle(self, **options: Any) -> None:
        """Run; every foreseeable fault becomes a `CommandError`."""
        workers = os.cpu_count() or 1
        try:
            dataset = read_dataset(options["data"], limit=options["limit"])
            duplicates = None
            with tqdm(unit="picture", disable=None) as bar:
                bar.total = len(dataset.samples) * (1 if options["exact"] else 2)
                if not options["exact"]:
                    prints = take_prints(
                        dataset.samples, workers=workers, progress=bar.update
                    )
                    duplicates = find_duplicates(prints)
                report = audit_dataset(
                    dataset,
                    duplicates=duplicates,
                    workers=workers,
                    progress=bar.update,
                )
            if options["json"]:
                text = json.dumps(report.to_dict(), indent=2, ensure_ascii=False)
                options["json"].write_text(text + "\n", encoding="utf-8")
        except (DatasetError, OSError) as error:
            raise CommandError(str(error)) from error
        self._print(report, len(dataset.problems))
        if report.auroc is not None and report.auroc > options["limit_auroc"]:
            raise CommandError(
                f"The files alone tell the label with AUROC {report.auroc:.3f}, above "
                f"the limit {options['limit_auroc']:g}. Bring both classes to the same "
                "formats, sizes and compression before training."
            )

    def _print(self, report: AuditReport, missing: int) -> None:
        counts = [
            [name or "(none named)", str(c["human"]), str(c["ai"])]
            for name, c in report.balance.items()
        ]
        self.stdout.write(format_table(["split", "human", "ai"], counts))
        sources = sorted(report.sources.items(), key=lambda i: -sum(i[1].values()))
        rows = [
            [name or "(none named)", str(c["human"]), str(c["ai"])]
            for name, c in sources[:SHOWN]
        ]
        self.stdout.write("")
        self.stdout.write(
            format_table([f"source ({len(sources)} in all)", "human", "ai"], rows)
        )
        said = [
            ["all together, cross-validated", figure(report.auroc, 3)],
            *(
                [f"  {name}", figure(value, 3)]
                for name, value in list(report.by_feature.items())[:SHOWN]
            ),
        ]
        self.stdout.write("")
        self.stdout.write(format_table(["the files say (AUROC)", ""], said))
        self._name("copies in more than one split", report.straddling)
        self._name("copies with both labels", report.contradicting)
        self.stdout.write(f"{len(report.unreadable)} unreadable, {missing} missing")

    def _name(self, what: str, copies: list[list[str]]) -> None:
        self.stdout.write(f"\n{len(copies)} {what}")
        for names in copies[:SHOWN]:
            self.stdout.write(f"  {', '.join(names)}")
