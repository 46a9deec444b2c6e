"""An answer to what nothing else handled: 503 for what passes, 500 for our faults."""

from __future__ import annotations

import errno
from unittest import mock

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from classifier.models import Submission
from tests.images import encode, plain

pytestmark = pytest.mark.django_db


def test_a_full_disk_is_a_503_that_stores_nothing(user_client: Client) -> None:
    user_client.raise_request_exception = False
    upload = SimpleUploadedFile("red.png", encode(plain("red")))
    full = OSError(errno.ENOSPC, "No space left on device")

    with mock.patch.object(default_storage, "save", side_effect=full):
        response = user_client.post("/predict", {"file": upload})

    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert response["Retry-After"] == "10"
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (OperationalError("gone"), 503, b"cannot work at the moment"),
        (RuntimeError("a fault"), 500, b"Something broke on our side"),
    ],
)
def test_a_browser_gets_a_page(
    client: Client, error: Exception, status: int, heading: bytes
) -> None:
    client.raise_request_exception = False

    with mock.patch("detector_site.status.health_report", side_effect=error):
        response = client.get("/status", headers={"Accept": "text/html"})

    assert response.status_code == status
    assert heading in response.content
    # What the log calls this request.
    assert response["X-Request-ID"].encode() in response.content


def test_a_program_gets_json_for_a_fault_of_ours(client: Client) -> None:
    client.raise_request_exception = False

    with mock.patch("detector_site.status.health_report", side_effect=RuntimeError):
        response = client.get("/status")

    assert response.status_code == 500
    assert response.json()["code"] == "server_error"
