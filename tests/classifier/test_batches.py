"""POST /predict/batch: up to 20 pictures, one result or one error for each."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.services import token_create
from classifier.batches import expired_batches
from classifier.models import Batch, Submission
from tests.classifier.batches import ADDRESS, blue, labels, red, send

pytestmark = pytest.mark.django_db


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


def test_finished_batches_are_kept_for_30_days(user_client: Client) -> None:
    send(user_client, red())
    assert not expired_batches().exists()

    Batch.objects.update(finished_at=timezone.now() - timedelta(days=31))
    expired_batches().delete()

    assert not Batch.objects.exists()
    assert Submission.objects.exists()
