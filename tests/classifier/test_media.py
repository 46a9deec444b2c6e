"""Previews and heat maps reach their owner and nobody else."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from classifier.models import Source, Submission
from classifier.services import submission_create
from tests.images import jpeg

pytestmark = pytest.mark.django_db

KINDS = ("preview", "heatmap")


@pytest.fixture
def submission(user: User) -> Submission:
    return submission_create(
        owner=user, data=jpeg(), name="a.jpg", source=Source.PAGE
    ).submission


@pytest.mark.parametrize("kind", KINDS)
def test_the_owner_gets_the_picture(
    user_client: Client, submission: Submission, kind: str
) -> None:
    response = user_client.get(f"/submissions/{submission.pk}/{kind}")

    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"].startswith("private")
    assert Image.open(io.BytesIO(response.getvalue())).format == "WEBP"


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_gets_404(
    stranger_client: Client, client: Client, submission: Submission, kind: str
) -> None:
    for other in (stranger_client, client):
        response = other.get(f"/submissions/{submission.pk}/{kind}")
        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_id_gets_404(user_client: Client, kind: str) -> None:
    assert user_client.get(f"/submissions/{uuid4()}/{kind}").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_gone_gets_404(
    user_client: Client, submission: Submission, kind: str
) -> None:
    default_storage.delete(submission.preview.name)
    default_storage.delete(submission.latest_prediction.heatmap.name)

    response = user_client.get(f"/submissions/{submission.pk}/{kind}")

    assert response.status_code == 404


def test_the_web_server_in_front_may_send_the_file(
    user_client: Client, submission: Submission, settings: Settings
) -> None:
    settings.MEDIA_ACCEL_PREFIX = "/protected/"

    response = user_client.get(f"/submissions/{submission.pk}/preview")

    assert response["X-Accel-Redirect"] == f"/protected/{submission.preview.name}"
    assert response.content == b""


def test_the_web_server_sends_nothing_to_a_stranger(
    stranger_client: Client, submission: Submission, settings: Settings
) -> None:
    settings.MEDIA_ACCEL_PREFIX = "/protected/"

    response = stranger_client.get(f"/submissions/{submission.pk}/preview")

    assert response.status_code == 404
    assert "X-Accel-Redirect" not in response


def test_other_methods_get_405(user_client: Client, submission: Submission) -> None:
    response = user_client.post(f"/submissions/{submission.pk}/preview")

    assert (response.status_code, response["Allow"]) == (405, "GET")


def test_the_admin_shows_previews_to_staff_alone(
    admin_client: Client, user_client: Client, submission: Submission
) -> None:
    address = f"/admin/classifier/submission/{submission.pk}/preview/"

    assert admin_client.get(address).status_code == 200
    assert user_client.get(address).status_code == 302


def test_the_admin_lists_and_filters_submissions_and_changes_none(
    admin_client: Client, submission: Submission
) -> None:
    address = "/admin/classifier/submission/"
    verdict = submission.latest_prediction.verdict

    listed = admin_client.get(address, {"verdict": verdict})
    single = admin_client.get(f"{address}{submission.pk}/change/")

    assert listed.context["cl"].result_count == 1
    assert single.status_code == 200
    assert 'name="_save"' not in single.content.decode()
    assert admin_client.get(f"{address}add/").status_code == 403
