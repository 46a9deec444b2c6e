"""`Idempotency-Key`: a request that is sent twice is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from classifier.idempotency import LOCKED, expired_keys
from classifier.models import Batch, IdempotencyKey, Prediction, Submission
from tests.classifier.batches import blue, red
from tests.classifier.batches import send as send_batch

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


def send(client: Client, data: bytes, query: str = "", **headers: Any) -> HttpResponse:
    file = SimpleUploadedFile("a.png", data)
    return client.post(f"/predict{query}", {"file": file}, headers={**KEY, **headers})


def test_the_same_request_gets_the_same_answer(user_client: Client) -> None:
    first = send(user_client, red())
    second = send(user_client, red())

    assert second.json() == first.json()
    assert second.json()["cached"] is False
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first


def test_a_batch_is_made_once(user_client: Client) -> None:
    first = send_batch(user_client, red(), b"text", headers=KEY)
    second = send_batch(user_client, red(), b"text", headers=KEY)

    assert second.json() == first.json()
    assert Batch.objects.count() == 1


def test_an_accepted_batch_is_accepted_again_with_its_headers(
    user_client: Client,
) -> None:
    first = send_batch(user_client, red(), query="?background=1", headers=KEY)
    second = send_batch(user_client, red(), query="?background=1", headers=KEY)

    assert (first.status_code, second.status_code) == (202, 202)
    assert second["Location"] == first["Location"]


def test_a_repeated_request_does_not_count_towards_the_limit(
    user_client: Client, settings: Settings
) -> None:
    settings.THROTTLE_USER = "1/min"

    assert send(user_client, red()).status_code == 200
    assert send(user_client, red()).status_code == 200


@pytest.mark.parametrize("change", ["file", "parameter", "address"])
def test_a_key_is_bound_to_its_request(user_client: Client, change: str) -> None:
    send(user_client, red())

    if change == "file":
        response = send(user_client, blue())
    elif change == "parameter":
        response = send(user_client, red(), query="?stability=1")
    else:
        response = send_batch(user_client, red(), headers=KEY)

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"


def test_while_the_first_is_being_answered_the_second_is_a_conflict(
    user_client: Client,
) -> None:
    send(user_client, red())
    IdempotencyKey.objects.update(status=None)

    response = send(user_client, red())

    assert response.status_code == 409
    assert response.json()["code"] == "idempotency_in_progress"
    assert int(response["Retry-After"]) > 0


def test_a_key_whose_server_died_can_be_used_again(user_client: Client) -> None:
    first = send(user_client, red()).json()
    died = timezone.now() - LOCKED - timedelta(seconds=1)
    IdempotencyKey.objects.update(status=None, locked_at=died)

    second = send(user_client, red())

    assert second.status_code == 200
    assert second.json()["id"] == first["id"]
    assert Prediction.objects.count() == 1


def test_after_an_error_the_key_tries_again(
    user_client: Client, settings: Settings
) -> None:
    bundle = settings.DETECTOR_BUNDLE
    settings.DETECTOR_BUNDLE = bundle / "missing"
    assert send(user_client, red()).status_code == 503
    settings.DETECTOR_BUNDLE = bundle

    assert send(user_client, red()).status_code == 200


def test_a_key_may_stand_in_quotation_marks(user_client: Client) -> None:
    first = send(user_client, red(), **{"Idempotency-Key": '"abc"'})
    second = send(user_client, red(), **{"Idempotency-Key": "abc"})

    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "schlüssel"])
def test_a_malformed_key_is_refused(user_client: Client, key: str) -> None:
    response = send(user_client, red(), **{"Idempotency-Key": key})

    assert response.status_code == 400
    assert response.json()["code"] == "bad_idempotency_key"
    assert not Submission.objects.exists()


def test_keys_of_two_people_have_nothing_to_do_with_each_other(
    user_client: Client, stranger_client: Client
) -> None:
    mine = send(user_client, red())
    theirs = send(stranger_client, blue())

    assert theirs.status_code == 200
    assert theirs.json()["id"] != mine.json()["id"]


def test_without_an_account_the_key_means_nothing(client: Client) -> None:
    send(client, red())

    assert send(client, blue()).status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_after_24_hours_a_key_is_new_again(user_client: Client, user: User) -> None:
    send(user_client, red())
    assert not expired_keys().exists()
    day_ago = timezone.now() - timedelta(hours=24, seconds=1)
    IdempotencyKey.objects.update(created_at=day_ago)

    assert expired_keys().count() == 1
    assert send(user_client, blue()).status_code == 200


def test_two_requests_at_once_are_one(user_client: Client, user: User) -> None:
    """The second arrives while the first is judged: here, from inside its answer."""
    seen: list[int] = []

    def meanwhile(**_: object) -> None:
        again = Client()
        again.force_login(user)
        seen.append(send(again, red()).status_code)

    from classifier.events import picture_judged

    picture_judged.connect(meanwhile)
    try:
        assert send(user_client, red()).status_code == 200
    finally:
        picture_judged.disconnect(meanwhile)

    assert seen == [409]
