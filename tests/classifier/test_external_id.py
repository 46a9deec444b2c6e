"""`external_id`: the sender's own name for a picture."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from classifier.models import Submission
from tests.classifier.batches import blue, red

pytestmark = pytest.mark.django_db


def send(client: Client, data: bytes, query: str = "", **form: str) -> HttpResponse:
    file = SimpleUploadedFile("a.png", data)
    return client.post(f"/predict{query}", {"file": file, **form})


def test_it_comes_back_from_the_form_and_from_the_query(user_client: Client) -> None:
    by_form = send(user_client, red(), external_id="case 7/a")
    by_query = send(user_client, blue(), query="?external_id=case+7/b")

    assert by_form.json()["external_id"] == "case 7/a"
    assert by_query.json()["external_id"] == "case 7/b"


def test_without_one_it_is_null(user_client: Client) -> None:
    assert send(user_client, red()).json()["external_id"] is None


def test_the_last_one_counts(user_client: Client) -> None:
    send(user_client, red(), external_id="old")
    send(user_client, red(), external_id="new")
    send(user_client, red())

    assert Submission.objects.get().external_id == "new"


def test_the_history_can_be_asked_for_it(user_client: Client) -> None:
    wanted = send(user_client, red(), external_id="case 7").json()
    send(user_client, blue(), external_id="case 8")

    history = user_client.get("/api/v1/history/", {"external_id": "case 7"}).json()

    assert [row["id"] for row in history["results"]] == [wanted["id"]]
    assert history["results"][0]["external_id"] == "case 7"


def test_of_somebody_anonymous_it_is_repeated_and_not_kept(client: Client) -> None:
    assert send(client, red(), external_id="case 7").json()["external_id"] == "case 7"

    assert Submission.objects.get().external_id == ""


@pytest.mark.parametrize("given", ["x" * 101, "two\nlines"])
def test_a_long_or_unprintable_one_is_refused(user_client: Client, given: str) -> None:
    response = send(user_client, red(), external_id=given)

    assert response.status_code == 400
    assert response.json()["code"] == "bad_external_id"
    assert not Submission.objects.exists()
