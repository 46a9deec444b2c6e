"""Writes: several files in one request, judged at once or by a worker.

Whatever dies in between, a batch is worked off once: an item is settled by one
conditional update, an owner has one submission per content, and the batch is finished,
with all that follows from it, in one transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from classifier.background import enqueue
from classifier.capacity import Overloaded
from classifier.events import batch_finished
from classifier.files import store_stream
from classifier.inference.errors import ImageRejected, ModelError
from classifier.models import Batch, BatchItem, BatchState
from classifier.names import clean_name
from classifier.problems import Problem, problem_of, too_large
from classifier.services import Answer, submission_create

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.core.files.uploadedfile import UploadedFile

logger = logging.getLogger(__name__)

TASK = "classifier.tasks.work_off_batch"
FOLDER = "batches"
KEPT = timedelta(days=30)
# How long a request waits for a turn at the network, over all of its files.
PATIENCE_SECONDS = 10.0
# A file that ends the process each time must not do so for ever.
MAX_ATTEMPTS = 3
# What settling an item writes.
OUTCOME = ("prediction", "cached", "status", "code", "detail", "retry_after")

FILE_LOST = Problem(
    500, "file_lost", "The site lost the file before it was judged. Send it again."
)
GAVE_UP = Problem(
    500,
    "internal_error",
    "The site failed at this file and noted why. Others of the batch are not affected.",
)


@dataclass(frozen=True)
class BatchFile:
    """A file as it came; `problem` is set where it is refused unseen."""

    file: UploadedFile
    external_id: str = ""
    problem: Problem | None = None


def batch_judge(
    *,
    owner: AbstractBaseUser,
    files: Iterable[BatchFile],
    source: str,
    stability: bool = False,
) -> Batch:
    """Judge the files one after the other, and store the batch as finished.

    What is wrong with one file is its own error. Raises `DatabaseError` alone.
    """
    batch = Batch(owner=owner, source=source, stability=stability)
    items, deadline = [], time.monotonic() + PATIENCE_SECONDS
    for position, given in enumerate(files):
        item = _item(batch, position, given)
        if given.problem is None:
            _judge_patiently(item, _content(given.file), deadline)
        items.append(item)
    batch.state = BatchState.DONE
    batch.finished_at = timezone.now()
    with transaction.atomic():
        batch.save()
        for item in items:
            item.done_at = batch.finished_at
        BatchItem.objects.bulk_create(items)
        batch_finished.send(sender=None, batch=batch)
    return batch


def batch_accept(
    *,
    owner: AbstractBaseUser,
    files: Iterable[BatchFile],
    source: str,
    stability: bool = False,
) -> Batch:
    """Store the files for a worker; without one, work them off before returning."""
    batch = Batch(owner=owner, source=source, stability=stability)
    with ExitStack() as undo:
        items = []
        for position, given in enumerate(files):
            item = _item(batch, position, given)
            if given.problem is None:
                item.file = store_stream(FOLDER, given.file, undo)
            else:
                item.done_at = timezone.now()
            items.append(item)
        with transaction.atomic():
            batch.save()
            BatchItem.objects.bulk_create(items)
        undo.pop_all()
    if not enqueue(TASK, str(batch.pk)):
        batch_work_off(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def batch_work_off(*, batch_id: UUID, is_last_try: bool = True) -> None:
    """Judge what is left of a batch. Doing it again, or twice at once, is harmless.

    Raises `ModelError` and `Overloaded` unless this is the last try; they are then the
    errors of the files.
    """
    batch = Batch.objects.select_related("owner").filter(pk=batch_id).first()
    if batch is None or batch.state == BatchState.DONE:
        return
    left = batch.items.filter(done_at=None).select_related("batch__owner")
    for item in left.order_by("position"):
        _touch(batch)
        _work_off(item, is_last_try)
    _finish(batch)


def unfinished_batches(*, untouched: timedelta) -> QuerySet[Batch]:
    """Batches that no worker has done anything about for so long."""
    return Batch.objects.exclude(state=BatchState.DONE).filter(
        touched_at__lt=timezone.now() - untouched
    )


def batches_resume() -> int:
    """Give batches to a worker that a broker or a worker lost; how many there were."""
    untouched = timedelta(seconds=settings.CELERY_VISIBILITY_SECONDS)
    lost = list(unfinished_batches(untouched=untouched).values_list("pk", flat=True))
    for pk in lost:
        if not enqueue(TASK, str(pk)):
            batch_work_off(batch_id=pk)
    return len(lost)


def expired_batches() -> QuerySet[Batch]:
    """Batches that were finished long ago; their submissions are not among them."""
    return Batch.objects.filter(
        state=BatchState.DONE, finished_at__lt=timezone.now() - KEPT
    )


def _item(batch: Batch, position: int, given: BatchFile) -> BatchItem:
    item = BatchItem(
        batch=batch,
        position=position,
        name=clean_name(given.file.name or ""),
        external_id=given.external_id,
    )
    if given.problem is not None:
        _note(item, given.problem)
    return item


def _content(file: UploadedFile) -> bytes | Problem:
    """The bytes; a file that is too large is not read at all."""
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        return too_large()
    return file.read()


def _judge_patiently(
    item: BatchItem, content: bytes | Problem, deadline: float
) -> None:
    while True:
        try:
            return _judge(item, content)
        except Overloaded as error:
            if time.monotonic() + error.retry_after > deadline:
                return _note(item, problem_of(error))
            time.sleep(error.retry_after)
        except ModelError as error:
            return _note(item, problem_of(error))


def _judge(item: BatchItem, content: bytes | Problem) -> None:
    """Fill in what comes of the bytes. Raises what another try may mend."""
    if isinstance(content, Problem):
        return _note(item, content)
    try:
        answer = submission_create(
            owner=item.batch.owner,
            data=content,
            name=item.name,
            source=item.batch.source,
            stability=item.batch.stability,
            external_id=item.external_id,
        )
    except ImageRejected as error:
        return _note(item, problem_of(error))
    except (DatabaseError, ModelError, Overloaded):
        raise
    except Exception:
        logger.exception("File %s of batch %s failed.", item.position, item.batch_id)
        return _note(item, GAVE_UP)
    return _note_answer(item, answer)


def _note_answer(item: BatchItem, answer: Answer) -> None:
    item.prediction, item.cached, item.status = answer.prediction, answer.cached, 200


def _note(item: BatchItem, problem: Problem) -> None:
    item.status, item.code = problem.status, problem.code
    item.detail, item.retry_after = problem.detail, problem.retry_after


def _work_off(item: BatchItem, is_last_try: bool) -> None:
    BatchItem.objects.filter(pk=item.pk).update(attempts=F("attempts") + 1)
    if item.attempts >= MAX_ATTEMPTS:
        _note(item, GAVE_UP)
        return _settle(item)
    try:
        _judge(item, _stored_content(item))
    except (ModelError, Overloaded) as error:
        if not is_last_try:
            # Whoever waits for a model has not failed at the file.
            BatchItem.objects.filter(pk=item.pk).update(attempts=F("attempts") - 1)
            raise
        _note(item, problem_of(error))
    return _settle(item)


def _stored_content(item: BatchItem) -> bytes | Problem:
    if not item.file:
        return FILE_LOST
    try:
        with item.file.open("rb") as file:
            return _content(file)
    except FileNotFoundError:
        return FILE_LOST


def _settle(item: BatchItem) -> None:
    """Store what came of an item, unless another worker has; then its file may go."""
    name = item.file.name
    with transaction.atomic():
        values = {field: getattr(item, field) for field in OUTCOME}
        unsettled = BatchItem.objects.filter(pk=item.pk, done_at=None)
        if unsettled.update(done_at=timezone.now(), file=None, **values) and name:
            transaction.on_commit(lambda: default_storage.delete(name), robust=True)


def _touch(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).exclude(state=BatchState.DONE).update(
        state=BatchState.RUNNING, touched_at=timezone.now()
    )


def _finish(batch: Batch) -> None:
    """Once, when nothing is left; receivers write what follows in this transaction."""
    now = timezone.now()
    with transaction.atomic():
        if batch.items.filter(done_at=None).exists():
            return  # another worker is at it
        unfinished = Batch.objects.filter(pk=batch.pk).exclude(state=BatchState.DONE)
        if unfinished.update(state=BatchState.DONE, finished_at=now, touched_at=now):
            batch.state, batch.finished_at = BatchState.DONE, now
            batch_finished.send(sender=None, batch=batch)
