"""Take up work that was left undone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.webhooks import deliveries_send_due
from classifier.batches import batches_resume


class Command(BaseCommand):
    """Batches and webhooks that a worker or a broker lost, or that are due again."""

    help = (
        "Goes on with batches that nobody works at and sends webhooks that are due: by "
        "the workers, or by itself where there are none. Run it every ten minutes."
    )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        batches, messages = batches_resume(), deliveries_send_due()
        self.stdout.write(f"{batches} batches and {messages} webhooks taken up.")
