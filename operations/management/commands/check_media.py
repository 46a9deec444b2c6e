"""Find files without a row, and rows whose file is gone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.media_check import find_strays, mend_strays


class Command(BaseCommand):
    """Lists the strays; the exit code is 1 while there are some."""

    help = "Find files without a row and rows whose file is gone; --mend puts it right."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--mend",
            action="store_true",
            help="remove such files, and blank the name in such rows",
        )

    def handle(self, *, mend: bool, **options: Any) -> None:
        """Look, tell, and mend if asked to."""
        strays = find_strays()
        for name in strays.files:
            self.stdout.write(f"{name}: no row names this file")
        for model, pk, name in strays.rows:
            self.stdout.write(f"{model._meta.model_name} {pk}: {name} is gone")
        if not strays:
            self.stdout.write("Files and rows agree.")
        elif mend:
            mend_strays(strays=strays)
            self.stdout.write(f"Mended {len(strays.files) + len(strays.rows)}.")
        else:
            raise CommandError(
                f"{len(strays.files)} files and {len(strays.rows)} rows are astray. "
                "Run this with --mend to remove the files and blank the rows."
            )
