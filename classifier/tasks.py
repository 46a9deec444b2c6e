"""What workers do for this app; only they import it. Arguments are ids, never data."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from celery import shared_task

from classifier.batches import batch_work_off, batches_resume
from classifier.capacity import Overloaded
from classifier.inference.errors import ModelError
from classifier.rescoring import rescore_pictures

if TYPE_CHECKING:
    from celery import Task

RETRIED = (ModelError, Overloaded)
MAX_RETRIES = 5


@shared_task(
    bind=True,
    autoretry_for=RETRIED,
    max_retries=MAX_RETRIES,
    retry_backoff=5,
    retry_backoff_max=300,
    retry_jitter=True,
)
def work_off_batch(self: Task, batch_id: str) -> None:
    """Judge what is left of a batch."""
    is_last_try = self.request.retries >= MAX_RETRIES
    batch_work_off(batch_id=UUID(batch_id), is_last_try=is_last_try)


@shared_task
def resume_batches() -> None:
    """Take up batches that a broker or a worker lost."""
    batches_resume()


@shared_task(
    autoretry_for=RETRIED,
    max_retries=MAX_RETRIES,
    retry_backoff=5,
    retry_backoff_max=300,
    retry_jitter=True,
)
def rescore_chunk(submission_ids: list[str]) -> None:
    """Let the model in use judge these stored pictures, where it has not yet."""
    rescore_pictures(submission_ids=[UUID(pk) for pk in submission_ids])
