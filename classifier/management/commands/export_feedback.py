"""`manage.py export_feedback`: what reviewers confirmed, as training data."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.feedback_export import export_feedback, exportable


class Command(BaseCommand):
    """Changes nothing in the database."""

    help = (
        "Writes the pictures of decided appeals whose owners allow it, with a "
        "manifest.csv, as a folder that train_model and audit_dataset read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="New or empty.")
        parser.add_argument(
            "--previews-only",
            action="store_true",
            help="Take previews also where the owner attached the original, so that "
            "all files are of one kind.",
        )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        try:
            with tqdm(total=exportable().count(), unit="case", disable=None) as bar:
                counts = export_feedback(
                    folder=options["folder"],
                    previews_only=options["previews_only"],
                    progress=bar.update,
                )
        except FileExistsError as error:
            raise CommandError(f"{error} Name a new folder.") from error
        except OSError as error:
            raise CommandError(f"The folder cannot be written: {error}") from error
        self.stdout.write(
            f"{counts['ai']} AI and {counts['human']} human-made pictures exported to "
            f"{options['folder']}.",
            self.style.SUCCESS,
        )
        for what, why in (
            ("unconfirmed", "the review did not settle what is true"),
            ("missing", "no file is left"),
        ):
            if counts[what]:
                self.stdout.write(f"{counts[what]} left out: {why}.")
