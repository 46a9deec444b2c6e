"""`manage.py index_history`: put right what an older release wrote meanwhile."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from classifier.history_columns import history_repair
from classifier.models import Submission


class Command(BaseCommand):
    """Run it after an upgrade, once the old release has stopped; harmless otherwise."""

    help = (
        "Compares the columns that histories are filtered and sorted by with the "
        "answers and appeals, and corrects those of rows that an older release wrote."
    )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        total = Submission.objects.count()
        with tqdm(total=total, unit="picture", disable=None) as bar:
            repaired = history_repair(progress=bar.update)
        self.stdout.write(f"{repaired} of {total} rows corrected.", self.style.SUCCESS)
