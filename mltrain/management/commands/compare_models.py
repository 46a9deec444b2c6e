"""`manage.py compare_models`: several bundles side by side, and the one to ship."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.inference.errors import ModelError
from mltrain.bundles import ENGINE_FILES
from mltrain.choice import Rule
from mltrain.compare import Comparison, compare
from mltrain.manifest import DatasetError
from mltrain.model_card import with_measurements, write_cards
from mltrain.report import comparison_table, write_html


class Command(BaseCommand):
    """Measure alike, choose by a stated rule, on validation alone."""

    help = "Compare model bundles on a labelled dataset and pick one."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command."""
        rule = Rule()
        parser.add_argument(
            "--models", type=Path, nargs="+", required=True, help="bundle folders"
        )
        parser.add_argument("--data", type=Path, required=True, help="dataset folder")
        parser.add_argument("--split", default="test", help="the split to report")
        parser.add_argument("--html", type=Path, help="write a report with plots here")
        parser.add_argument(
            "--engines",
            nargs="+",
            choices=list(ENGINE_FILES),
            default=list(ENGINE_FILES),
            help="the engines to time",
        )
        parser.add_argument(
            "--rounds", type=int, default=30, help="timed pictures for each engine"
        )
        parser.add_argument(
            "--robustness", action="store_true", help="every change, not the tiers only"
        )
        parser.add_argument(
            "--adversarial",
            type=int,
            default=0,
            metavar="N",
            help="also attack N pictures through each Keras network, and show them all",
        )
        parser.add_argument(
            "--average",
            type=Path,
            nargs=2,
            metavar="MODEL",
            help="also measure two of the models as one",
        )
        parser.add_argument(
            "--crops", type=Path, help="a dataset that crop_dataset made of --data"
        )
        parser.add_argument(
            "--on-crops",
            type=Path,
            nargs="+",
            default=[],
            metavar="MODEL",
            help="the models that are measured on --crops; then all are measured on "
            "the pictures that have cuts",
        )
        parser.add_argument(
            "--scores", type=Path, help="keep the logits in this folder and use them"
        )
        parser.add_argument(
            "--thumbnails",
            type=int,
            default=0,
            metavar="N",
            help="show the N worst mistakes of each kind in the report: its readers "
            "then see pictures of the dataset",
        )
        parser.add_argument(
            "--update-cards",
            action="store_true",
            help="put the figures into the models' cards",
        )
        parser.add_argument("--limit", type=int, help="at most so many per split")
        parser.add_argument(
            "--tolerance",
            type=float,
            default=rule.tolerance,
            help="accuracies this close count as equal (0.01 is a point)",
        )
        parser.add_argument("--max-ms", type=float, default=rule.max_ms)
        parser.add_argument("--max-mb", type=float, default=rule.max_megabytes)

    def handle(self, **options: Any) -> None:
        """Run; every foreseeable fault becomes a `CommandError`."""
        rule = Rule(options["tolerance"], options["max_ms"], options["max_mb"])
        if options["crops"] and options["update_cards"]:
            raise CommandError(
                "With --crops the figures are of some of the pictures only, and go "
                "into no card. Leave --update-cards out."
            )
        try:
            with tqdm(unit="picture", disable=None) as bar:

                def advance(count: int, total: int) -> None:
                    bar.total = total
                    bar.update(count)

                comparison = compare(
                    options["models"],
                    options["data"],
                    split=options["split"],
                    rule=rule,
                    engines=options["engines"],
                    rounds=options["rounds"],
                    limit=options["limit"],
                    robustness=options["robustness"],
                    adversarial=options["adversarial"],
                    averaged=options["average"],
                    crops=options["crops"],
                    on_crops=options["on_crops"],
                    keep=options["scores"],
                    progress=advance,
                )
            if options["html"]:
                write_html(
                    comparison, options["html"], thumbnails=options["thumbnails"]
                )
            if options["update_cards"]:
                _update_cards(options["models"], comparison)
        except (DatasetError, ModelError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(comparison_table(comparison))
        if comparison.note:
            self.stdout.write(f"\n{comparison.note}")
        self.stdout.write(f"\n{comparison.rule}")
        self.stdout.write(self.style.SUCCESS(comparison.choice.reason))


def _update_cards(folders: list[Path], comparison: Comparison) -> None:
    """Each model's figures into its own card; an average has none."""
    for folder, measured in zip(folders, comparison.measurements, strict=False):
        report = {"splits": dict(measured.report["splits"])}
        attacked = report["splits"].get(comparison.attacked_split or "")
        if attacked and measured.name in measured.attacked:
            figures = measured.attack_figures(measured.name)
            report["splits"][comparison.attacked_split] = attacked | {
                "adversarial": figures
            }
        write_cards(folder, with_measurements(measured.card, report))
