"""Batches that a worker judges, and what is announced once they are finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services import user_delete
from classifier import batches
from classifier.batches import batch_work_off, batches_resume
from classifier.events import batch_finished
from classifier.models import Batch, BatchItem, BatchState, Prediction
from tests.classifier.batches import blue, labels, red, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished() -> Iterator[list[Batch]]:
    """The batches whose end was announced."""
    seen: list[Batch] = []

    def note(batch: Batch, **_: object) -> None:
        seen.append(batch)

    batch_finished.connect(note)
    yield seen
    batch_finished.disconnect(note)


@pytest.fixture
def queued(user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """A red and a blue picture that wait for a worker."""
    monkeypatch.setattr(batches, "enqueue", lambda *_: True)
    client = Client()
    client.force_login(user)
    answer = send(client, red(), blue(), query="?background=1").json()
    monkeypatch.undo()
    assert answer["state"] == "queued"
    return Batch.objects.get(pk=answer["id"])


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?background=1", {}),
        ("", {"Prefer": "respond-async"}),
        ("", {"Prefer": "wait=10, respond-async;x=1"}),
    ],
)
def test_in_the_background_without_a_broker_all_is_done_at_once(
    user_client: Client, query: str, headers: dict[str, str], finished: list[Batch]
) -> None:
    response = send(user_client, red(), b"text", query=query, headers=headers)

    answer = response.json()
    assert response.status_code == 202
    assert response["Location"] == answer["url"]
    assert response["Preference-Applied"] == "respond-async"
    assert answer["state"] == "done"
    assert labels(answer) == ["ai", None]
    assert [str(batch.pk) for batch in finished] == [answer["id"]]


def test_a_finished_batch_is_announced_once(
    user_client: Client, finished: list[Batch]
) -> None:
    answer = send(user_client, red()).json()

    batch_work_off(batch_id=answer["id"])

    assert [str(batch.pk) for batch in finished] == [answer["id"]]


def test_a_waiting_batch_holds_its_files_and_no_result(queued: Batch) -> None:
    files = [item.file.read() for item in queued.items.order_by("position")]

    assert files == [red(), blue()]
    assert not Prediction.objects.exists()


def test_a_worker_settles_each_file_and_removes_its_copy(
    queued: Batch,
    finished: list[Batch],
    django_capture_on_commit_callbacks: object,
) -> None:
    names = [item.file.name for item in queued.items.all()]

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        batch_work_off(batch_id=queued.pk)

    queued.refresh_from_db()
    assert queued.state == BatchState.DONE
    assert [item.prediction.verdict for item in queued.items.all()] == ["ai", "human"]
    assert not any(default_storage.exists(name) for name in names)
    assert finished == [queued]


def test_working_a_batch_off_twice_judges_nothing_twice(
    queued: Batch, finished: list[Batch]
) -> None:
    batch_work_off(batch_id=queued.pk)
    batch_work_off(batch_id=queued.pk)

    assert Prediction.objects.count() == 2
    assert set(queued.items.values_list("attempts", flat=True)) == {1}
    assert len(finished) == 1


def test_a_worker_goes_on_where_another_died(queued: Batch) -> None:
    first = queued.items.get(position=0)
    batches._work_off(first, True)

    batch_work_off(batch_id=queued.pk)

    assert list(queued.items.values_list("attempts", flat=True)) == [1, 1]
    assert Prediction.objects.count() == 2


def test_a_file_that_ends_each_worker_is_given_up(queued: Batch) -> None:
    queued.items.filter(position=0).update(attempts=batches.MAX_ATTEMPTS)

    batch_work_off(batch_id=queued.pk)

    codes = list(queued.items.order_by("position").values_list("code", flat=True))
    assert codes == ["internal_error", ""]


def test_a_lost_file_is_said_to_be_lost(queued: Batch) -> None:
    default_storage.delete(queued.items.get(position=1).file.name)

    batch_work_off(batch_id=queued.pk)

    codes = list(queued.items.order_by("position").values_list("code", flat=True))
    assert codes == ["", "file_lost"]


def test_a_batch_that_nobody_touches_is_taken_up_again(queued: Batch) -> None:
    assert batches_resume() == 0
    Batch.objects.update(touched_at=timezone.now() - timedelta(days=1))

    assert batches_resume() == 1

    queued.refresh_from_db()
    assert queued.state == BatchState.DONE


def test_a_deleted_account_takes_its_waiting_files_along(
    queued: Batch, user: User, django_capture_on_commit_callbacks: object
) -> None:
    name = queued.items.first().file.name

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        user_delete(user=user)

    assert not BatchItem.objects.exists()
    assert not default_storage.exists(name)
