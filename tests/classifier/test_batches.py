"""POST /predict/batch: up to 20 pictures, one result or one error for each."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.services import token_create, user_delete
from classifier import batches
from classifier.batches import batch_work_off, batches_resume, expired_batches
from classifier.capacity import inference_slot
from classifier.events import batch_finished
from classifier.models import Batch, BatchItem, BatchState, Prediction, Submission
from classifier.throttling import quota_today
from classifier.uploads import ENVELOPE_BYTES
from tests.classifier.batches import ADDRESS, blue, red, send

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


def labels(answer: dict) -> list[str | None]:
    return [item["result"] and item["result"]["label"] for item in answer["items"]]


def test_each_file_gets_its_result_in_the_order_of_the_request(
    user_client: Client,
) -> None:
    response = send(user_client, red(), blue(), red())

    answer = response.json()
    assert response.status_code == 200
    assert answer["state"] == "done"
    assert labels(answer) == ["ai", "human", "ai"]
    assert [item["name"] for item in answer["items"]] == ["0.png", "1.png", "2.png"]
    assert answer["counts"] == {"total": 3, "judged": 3, "failed": 0, "waiting": 0}


def test_a_result_has_the_fields_of_a_single_prediction(user_client: Client) -> None:
    in_batch = send(user_client, red()).json()["items"][0]["result"]

    single = user_client.post("/predict", {"file": io.BytesIO(red())}).json()

    assert in_batch == single | {"cached": False}


def test_a_bad_file_has_the_error_of_a_single_prediction_and_harms_no_other(
    user_client: Client,
) -> None:
    single = user_client.post("/predict", {"file": io.BytesIO(b"text")})

    response = send(user_client, red(), b"text", blue())

    answer = response.json()
    assert response.status_code == 200
    assert labels(answer) == ["ai", None, "human"]
    error = answer["items"][1]["error"]
    assert error == single.json() | {"status": 415, "retry_after": None}
    assert answer["counts"] == {"total": 3, "judged": 2, "failed": 1, "waiting": 0}


def test_an_empty_file_is_an_error_of_its_own(user_client: Client) -> None:
    answer = send(user_client, b"", red()).json()

    assert answer["items"][0]["error"]["code"] == "empty_file"
    assert labels(answer)[1] == "ai"


def test_a_file_over_the_limit_is_an_error_of_its_own(
    user_client: Client, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = len(red())

    answer = send(user_client, red() + b"x", red()).json()

    assert answer["items"][0]["error"]["code"] == "file_too_large"
    assert labels(answer)[1] == "ai"


def test_the_batch_can_be_asked_for_again(user_client: Client) -> None:
    first = send(user_client, red(), b"text").json()

    again = user_client.get(f"{ADDRESS}/{first['id']}").json()

    assert again == first
    assert first["url"].endswith(f"{ADDRESS}/{first['id']}")


def test_a_deleted_result_is_gone_from_its_batch_too(user_client: Client) -> None:
    answer = send(user_client, red()).json()
    Submission.objects.get().delete()

    again = user_client.get(answer["url"]).json()

    assert again["items"][0]["result"] is None
    assert again["items"][0]["error"]["code"] == "deleted"


@pytest.mark.parametrize("client_of", ["stranger_client", "client"])
def test_a_batch_of_somebody_else_does_not_exist(
    user_client: Client, client_of: str, request: pytest.FixtureRequest
) -> None:
    answer = send(user_client, red()).json()

    response = request.getfixturevalue(client_of).get(answer["url"])

    assert response.status_code == (401 if client_of == "client" else 404)


def test_a_batch_that_never_was_is_not_found(user_client: Client) -> None:
    assert user_client.get(f"{ADDRESS}/{uuid4()}").status_code == 404


def test_a_token_can_send_a_batch(user: User, client: Client) -> None:
    _, token = token_create(user=user, name="script", lifetime=None)

    response = send(client, red(), headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 200
    assert Batch.objects.get().source == "api"


def test_without_an_account_nothing_is_read(client: Client) -> None:
    response = send(client, red())

    assert response.status_code == 401
    assert response.json()["code"] == "account_needed"
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods(user_client: Client, method: str) -> None:
    response = getattr(user_client, method)(ADDRESS)

    assert response.status_code == 405
    assert response["Allow"] == "POST"


def test_a_batch_needs_a_file(user_client: Client) -> None:
    response = user_client.post(ADDRESS, {"file": io.BytesIO(red())})

    assert (response.status_code, response.json()["code"]) == (400, "no_file")


def test_more_than_20_files_are_refused(user_client: Client) -> None:
    response = send(user_client, *[b"x"] * 21)

    assert (response.status_code, response.json()["code"]) == (400, "too_many_files")
    assert not Batch.objects.exists()


def test_a_body_over_the_limit_of_batches_is_refused_unread(
    user_client: Client, settings: Settings
) -> None:
    settings.MAX_BATCH_BYTES = settings.MAX_UPLOAD_BYTES
    length = settings.MAX_BATCH_BYTES + ENVELOPE_BYTES + 1

    response = user_client.generic(
        "POST",
        ADDRESS,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": io.BytesIO()},
    )

    assert (response.status_code, response.json()["code"]) == (413, "batch_too_large")


def test_a_batch_may_be_larger_than_a_single_file(
    user_client: Client, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = 70_000
    settings.MAX_BATCH_BYTES = 400_000

    response = send(user_client, *[os.urandom(60_000) for _ in range(5)])

    assert response.status_code == 200


def test_the_files_of_a_batch_go_to_disk(
    user_client: Client, settings: Settings, tmp_path: Path
) -> None:
    """Where temporary files cannot be written, a batch cannot be taken."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "missing"
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get())

    assert send(client, red()).status_code in (500, 503)
    single = client.post("/predict", {"file": io.BytesIO(red())})
    assert single.status_code == 200


def test_no_copy_of_a_file_stays_on_disk(
    user_client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "spool"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()

    send(user_client, red())

    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []


def test_each_file_counts_as_a_request(user_client: Client, settings: Settings) -> None:
    settings.THROTTLE_USER = "2/min"

    response = send(user_client, red(), blue(), red())

    answer = response.json()
    assert response.status_code == 200
    assert labels(answer)[:2] == ["ai", "human"]
    error = answer["items"][2]["error"]
    assert (error["status"], error["code"]) == (429, "too_many_requests")
    assert error["retry_after"] > 0


def test_a_file_that_fails_is_given_back_to_the_quota(
    user: User, user_client: Client
) -> None:
    send(user_client, red(), b"text", blue())

    assert quota_today(user=user).used == 2


def test_a_file_over_the_limit_of_requests_leaves_the_quota_alone(
    user: User, user_client: Client, settings: Settings
) -> None:
    settings.THROTTLE_USER = "2/min"

    send(user_client, red(), blue(), red())

    assert quota_today(user=user).used == 2


def test_a_batch_beyond_the_limit_is_refused_whole(
    user_client: Client, settings: Settings
) -> None:
    settings.THROTTLE_USER = "1/min"
    send(user_client, red())

    response = send(user_client, blue())

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    cache.clear()


def test_while_the_site_is_overloaded_each_file_says_when_to_come_back(
    user_client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DETECTOR_CONCURRENCY, settings.DETECTOR_QUEUE = 1, 0
    monkeypatch.setattr(batches, "PATIENCE_SECONDS", 0.0)

    with inference_slot():
        response = send(user_client, red())

    error = response.json()["items"][0]["error"]
    assert response.status_code == 200
    assert (error["status"], error["code"]) == (503, "overloaded")
    assert error["retry_after"] == 2


def test_without_a_model_each_file_says_so(
    user_client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "nothing"

    answer = send(user_client, red()).json()

    assert answer["items"][0]["error"]["code"] == "model_unavailable"


def test_external_ids_come_back_in_their_places(user_client: Client) -> None:
    answer = send(user_client, red(), b"text", external_id=["one", "two"]).json()

    assert [item["external_id"] for item in answer["items"]] == ["one", "two"]
    assert answer["items"][0]["result"]["external_id"] == "one"


def test_external_ids_must_be_as_many_as_files(user_client: Client) -> None:
    response = send(user_client, red(), blue(), external_id=["one"])

    assert response.status_code == 400
    assert response.json()["code"] == "external_ids_mismatch"


def test_stability_is_for_all_files(user_client: Client) -> None:
    answer = send(user_client, red(), blue(), query="?stability=1").json()

    assert all(item["result"]["stability"] for item in answer["items"])


def test_asking_for_a_batch_takes_few_queries_whatever_its_size(
    user_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    pictures = [red(), blue(), b"text"] * 6
    url = send(user_client, *pictures).json()["url"]

    with django_assert_max_num_queries(5):
        user_client.get(url)


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


def test_finished_batches_are_kept_for_30_days(user_client: Client) -> None:
    send(user_client, red())
    assert not expired_batches().exists()

    Batch.objects.update(finished_at=timezone.now() - timedelta(days=31))
    expired_batches().delete()

    assert not Batch.objects.exists()
    assert Submission.objects.exists()


def test_the_default_limit_has_room_for_20_full_files() -> None:
    assert site.MAX_BATCH_BYTES == 20 * site.MAX_UPLOAD_BYTES
