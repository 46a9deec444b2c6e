"""Compare the running site's answers with the recorded scores of its model."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.golden import golden_check, golden_record


class Command(BaseCommand):
    """The exit code is 1 when the answers drifted or could not be had."""

    help = "Send the golden set to the site and compare with the recorded scores."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--url", help="the site's address (SITE_URL)")
        parser.add_argument(
            "--record",
            action="store_true",
            help="write golden.json into DETECTOR_BUNDLE with this machine's scores",
        )

    def handle(self, *, url: str | None, record: bool, **options: Any) -> None:
        """Record or check."""
        if record:
            self.stdout.write(f"Wrote {golden_record()}")
            return
        check = golden_check(url=url or settings.SITE_URL)
        if not check.passed:
            raise CommandError(check.detail)
        self.stdout.write(
            f"{check.pictures} pictures agree with {check.model_name} "
            f"{check.model_version}; the largest difference is "
            f"{check.worst_difference:.3f}."
        )
