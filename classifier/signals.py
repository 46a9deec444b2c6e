"""Files go with their rows, and a history forgets an appeal, whoever deletes these."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_delete
from django.dispatch import receiver

from classifier.history_columns import history_refresh
from classifier.models import (
    BatchItem,
    Dispute,
    Evidence,
    Original,
    Prediction,
    Submission,
)


@receiver(post_delete, sender=Submission)
def remove_preview(instance: Submission, **_: Any) -> None:
    """Remove the preview of a deleted submission."""
    _remove_after_commit(instance.preview)


@receiver(post_delete, sender=Prediction)
def remove_heatmap(instance: Prediction, **_: Any) -> None:
    """Remove the heat map of a deleted prediction."""
    _remove_after_commit(instance.heatmap)


@receiver(post_delete, sender=Evidence)
def remove_evidence(instance: Evidence, **_: Any) -> None:
    """Remove the file of deleted evidence."""
    _remove_after_commit(instance.file)


@receiver(post_delete, sender=BatchItem)
def remove_batch_file(instance: BatchItem, **_: Any) -> None:
    """Remove the file of a deleted batch that no worker got to."""
    _remove_after_commit(instance.file)


@receiver(post_delete, sender=Original)
def remove_original(instance: Original, **_: Any) -> None:
    """Remove the file of a deleted original."""
    _remove_after_commit(instance.file)


@receiver(post_delete, sender=Dispute)
def forget_appeal(instance: Dispute, **_: Any) -> None:
    """A deleted appeal corrects nothing any more."""
    history_refresh(submission_id=instance.submission_id)


def _remove_after_commit(file: FieldFile) -> None:
    """A deletion that is rolled back must find its file again."""
    if file:
        name, storage = file.name, file.storage
        transaction.on_commit(lambda: storage.delete(name), robust=True)
