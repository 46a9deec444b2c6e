"""Delete what has expired."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from operations.purge import expired


class Command(BaseCommand):
    """Old anonymous results, sessions, tokens and nightly checks."""

    help = "Delete expired sessions and tokens, and old anonymous results."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--anonymous-days",
            type=int,
            default=90,
            help="days that results without an account are kept (%(default)s)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count, and delete nothing"
        )

    def handle(self, *, anonymous_days: int, dry_run: bool, **options: Any) -> None:
        """Count and delete."""
        for what, rows in expired(anonymous_days=anonymous_days).items():
            number = rows.count()
            if not dry_run:
                rows.delete()
            verb = "would go" if dry_run else "deleted"
            self.stdout.write(f"{what}: {number} {verb}")
