"""`manage.py index_copies`: make old pictures known as copies."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from classifier.copies import prints_fill, submissions_without_print


class Command(BaseCommand):
    """Run it once after an upgrade from a version that took no prints."""

    help = (
        "Takes the print by which copies are found of every stored picture that has "
        "none yet, from its preview. Running it again does only what is left."
    )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        total = submissions_without_print().count()
        with tqdm(total=total, unit="picture", disable=None) as bar:
            counts = prints_fill(progress=bar.update)
        taken, unreadable = counts["taken"], counts["unreadable"]
        self.stdout.write(
            f"{taken} picture{pluralize(taken)} indexed, "
            f"{unreadable} preview{pluralize(unreadable)} could not be read."
        )
