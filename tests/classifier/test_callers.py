"""Who may call the API, how often, and what is kept of whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services import token_create
from classifier.models import Prediction, Source, Submission
from tests.images import encode, jpeg, plain

pytestmark = pytest.mark.django_db


def send(client: Client, data: bytes | None = None, **headers: Any) -> HttpResponse:
    file = SimpleUploadedFile("holiday.jpg", data or jpeg())
    return client.post("/predict", {"file": file}, **headers)


@pytest.fixture
def token(user: User) -> str:
    _, secret = token_create(user=user, name="script", lifetime=None)
    return secret


def csrf_token(client: Client) -> str:
    """The token in the form of the upload page."""
    return str(client.get("/").context["csrf_token"])


def test_a_token_submits_for_its_owner(client: Client, user: User, token: str) -> None:
    answer = send(client, HTTP_AUTHORIZATION=f"Bearer {token}").json()

    submission = Submission.objects.get(pk=answer["id"])
    assert (submission.owner, submission.source) == (user, Source.API)
    assert answer["heatmap"].startswith("http://testserver/submissions/")


def test_the_owner_fetches_the_heat_map_with_the_token(
    client: Client, token: str
) -> None:
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    answer = send(client, **bearer).json()

    assert client.get(answer["heatmap"], **bearer).status_code == 200
    assert client.get(answer["heatmap"]).status_code == 404


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer ", "Bearer", "Basic dXNlcjpwdw==", "?"]
)
def test_a_bad_token_is_never_taken_for_anonymous(client: Client, header: str) -> None:
    response = send(client, HTTP_AUTHORIZATION=header)

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_token"
    assert response["WWW-Authenticate"] == "Bearer"
    assert not Submission.objects.exists()


def test_a_bad_token_is_refused_in_a_logged_in_browser_too(user_client: Client) -> None:
    assert send(user_client, HTTP_AUTHORIZATION="Bearer no").status_code == 401


def test_a_session_without_a_csrf_token_is_refused(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    response = send(client)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert not Submission.objects.exists()


def test_a_session_with_a_csrf_token_submits_from_the_page(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    answer = send(client, HTTP_X_CSRFTOKEN=csrf_token(client)).json()

    submission = Submission.objects.get(pk=answer["id"])
    assert (submission.owner, submission.source) == (user, Source.PAGE)


def test_a_script_needs_no_csrf_token_and_gets_no_session() -> None:
    response = send(Client(enforce_csrf_checks=True))

    assert response.status_code == 200
    assert not response.cookies
    assert Submission.objects.get().source == Source.API


def test_the_page_of_an_anonymous_visitor_remembers_its_results() -> None:
    client = Client(enforce_csrf_checks=True)

    answer = send(client, HTTP_X_CSRFTOKEN=csrf_token(client)).json()

    assert Submission.objects.get().source == Source.PAGE
    assert client.get(f"/submissions/{answer['id']}/").status_code == 200


def test_a_wrong_csrf_token_of_an_anonymous_page_is_refused() -> None:
    response = send(Client(enforce_csrf_checks=True), HTTP_X_CSRFTOKEN="x" * 64)

    assert response.status_code == 403


def test_nothing_of_an_anonymous_picture_is_kept(client: Client) -> None:
    answer = send(client).json()

    submission = Submission.objects.get()
    assert answer["heatmap"] is None
    assert submission.owner is None
    assert submission.original_name == ""
    assert not submission.preview
    assert not Prediction.objects.get().heatmap
    assert not default_storage.exists("previews")
    assert not default_storage.exists("heatmaps")


def test_prompts_in_an_anonymous_picture_are_not_kept(
    client: Client, user_client: Client
) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", "a secret castle\nSteps: 20, Sampler: Euler, Seed: 1")
    data = encode(plain("red"), pnginfo=info)

    send(client, data)
    send(user_client, data)

    anonymous, owned = Prediction.objects.order_by("submission__owner_id").all()
    if anonymous.submission.owner_id:
        anonymous, owned = owned, anonymous
    assert "a secret castle" in str(owned.provenance)
    assert "a secret castle" not in str(anonymous.provenance)
    assert anonymous.provenance[0]["claim"] == "ai"


def test_anonymous_visitors_wait_when_they_sent_too_many(
    client: Client, settings: Settings
) -> None:
    settings.THROTTLE_ANON = "2/min"

    assert [send(client).status_code for _ in range(2)] == [200, 200]
    refused = send(client)

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_the_page_and_the_api_count_together(
    client: Client, settings: Settings
) -> None:
    settings.THROTTLE_ANON = "1/min"
    file = SimpleUploadedFile("a.jpg", jpeg())

    assert send(client).status_code == 200
    refused = client.post("/", {"file": file})

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1


def test_another_address_has_a_limit_of_its_own(
    client: Client, settings: Settings
) -> None:
    settings.THROTTLE_ANON = "1/min"
    send(client)

    assert send(client, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_made_up_proxy_header_evades_no_limit(
    client: Client, settings: Settings
) -> None:
    settings.THROTTLE_ANON = "1/min"
    send(client)

    assert send(client, HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 429


def test_users_have_a_limit_of_their_own(
    client: Client, user_client: Client, settings: Settings
) -> None:
    settings.THROTTLE_ANON, settings.THROTTLE_USER = "1/min", "2/min"
    send(client)

    assert [send(user_client).status_code for _ in range(3)] == [200, 200, 429]
