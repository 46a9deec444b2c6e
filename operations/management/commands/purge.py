"""Delete what has expired."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from operations.purge import purge


class Command(BaseCommand):
    """Results, originals, evidence, sessions and tokens whose time is over."""

    help = (
        "Delete what is older than the RETENTION_* settings allow, and expired "
        "sessions and tokens."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--anonymous-days",
            type=int,
            help="days that results without an account are kept, in place of "
            "RETENTION_ANONYMOUS_DAYS",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count, and delete nothing"
        )

    def handle(
        self, *, anonymous_days: int | None, dry_run: bool, **options: Any
    ) -> None:
        """Purge and print a table."""
        verb = "would go" if dry_run else "deleted"
        self.stdout.write(f"{'What':<28} {'Kept':<20} {verb.capitalize():>9}")
        for line in purge(anonymous_days=anonymous_days, dry_run=dry_run):
            self.stdout.write(f"{line.what:<28} {line.kept:<20} {line.number:>9}")
