"""`manage.py rescore`: let a new model judge the pictures that are kept."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.inference.detector import load_detector
from classifier.inference.errors import ModelError
from classifier.models import Verdict
from classifier.rescoring import (
    Rescored,
    rescore,
    rescore_later,
    submissions_to_rescore,
)


class Command(BaseCommand):
    """Run it after DETECTOR_BUNDLE names a new model; running it again is harmless."""

    help = (
        "Judges every stored picture that the model has not judged yet and keeps the "
        "answer beside the old ones. Originals are not kept, so it goes by previews."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--bundle",
            type=Path,
            metavar="DIR",
            help="The model to judge with (default: DETECTOR_BUNDLE).",
        )
        parser.add_argument(
            "--limit", type=_positive, metavar="N", help="At most N pictures."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Count the flips and store nothing."
        )
        parser.add_argument(
            "--background",
            action="store_true",
            help="Leave it to the workers, with the model of DETECTOR_BUNDLE.",
        )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        if options["background"]:
            self._hand_over(options)
            return
        try:
            detector = load_detector(
                options["bundle"] or settings.DETECTOR_BUNDLE, settings.DETECTOR_ENGINE
            )
            total = submissions_to_rescore(card=detector.card).count()
            total = min(total, options["limit"] or total)
            with tqdm(total=total, unit="picture", disable=None) as bar:
                result = rescore(
                    detector=detector,
                    limit=options["limit"],
                    dry_run=options["dry_run"],
                    progress=bar.update,
                )
        except ModelError as error:
            raise CommandError(str(error)) from error
        self._report(result, f"{detector.card.name} {detector.card.version}", options)

    def _hand_over(self, options: dict[str, Any]) -> None:
        if options["bundle"] or options["dry_run"]:
            raise CommandError(
                "Workers store the answers of the model of DETECTOR_BUNDLE: leave out "
                "--bundle and --dry-run, or --background."
            )
        try:
            count, judged_here = rescore_later(limit=options["limit"])
        except ModelError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{count - judged_here} pictures handed to the workers, {judged_here} "
            "judged here.",
            self.style.SUCCESS,
        )

    def _report(self, result: Rescored, model: str, options: dict[str, Any]) -> None:
        done = "would be judged" if options["dry_run"] else "judged"
        flips = result.flips.total()
        self.stdout.write(
            f"{result.scored} pictures {done} by {model} on their previews; "
            f"{flips} verdicts differ from before.",
            self.style.SUCCESS,
        )
        for (before, after), count in result.flips.most_common():
            names = f"{Verdict(before).label} -> {Verdict(after).label}"
            self.stdout.write(f"  {names}: {count}")
        if result.unreadable:
            self.stdout.write(f"{result.unreadable} previews could not be read.")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number of at least 1, not {text!r}")
    return int(text)
