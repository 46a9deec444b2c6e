"""How much a batch may be: files, bytes, requests, the day's quota, and turns."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from classifier import batches
from classifier.capacity import inference_slot
from classifier.models import Batch
from classifier.throttling import quota_today
from classifier.uploads import ENVELOPE_BYTES
from tests.classifier.batches import ADDRESS, blue, labels, red, send

pytestmark = pytest.mark.django_db


def test_a_file_over_the_limit_is_an_error_of_its_own(
    user_client: Client, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = len(red())

    answer = send(user_client, red() + b"x", red()).json()

    assert answer["items"][0]["error"]["code"] == "file_too_large"
    assert labels(answer)[1] == "ai"


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


def test_the_default_limit_has_room_for_20_full_files() -> None:
    assert site.MAX_BATCH_BYTES == 20 * site.MAX_UPLOAD_BYTES
