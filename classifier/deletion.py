"""Many rows deleted a batch at a time."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

BATCH = 500


def delete_in_batches(rows: QuerySet, *, batch: int = BATCH) -> int:
    """Delete the rows with all that hangs on them; how many of them there were.

    Each batch is a transaction, so that no lock is held for long; files of deleted rows
    go after its commit (`classifier.signals`). A run that was stopped can be repeated.
    """
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:batch]):
        with transaction.atomic():
            rows.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted
