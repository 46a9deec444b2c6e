"""The upload page and the result page."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from classifier.models import Submission
from tests.images import encode, jpeg, plain

pytestmark = pytest.mark.django_db


def upload(client: Client, data: bytes, name: str = "photo.jpg") -> HttpResponse:
    """What the form of the page sends without JavaScript, and where that leads."""
    file = SimpleUploadedFile(name, data)
    return client.post("/", {"file": file}, follow=True)


def test_the_form_leads_to_the_result_without_javascript(user_client: Client) -> None:
    response = upload(user_client, encode(plain("red")), "red.png")

    submission = Submission.objects.get()
    assert response.redirect_chain == [(f"/submissions/{submission.pk}/", 302)]
    page = response.content.decode()
    assert "Probably AI\u2011generated" in page
    assert "over 99%" in page
    assert "red.png" in page
    assert submission.preview_url in page
    assert submission.latest_prediction.heatmap_url in page


@pytest.mark.parametrize(
    ("colour", "headline"),
    [
        ("red", "Probably AI\u2011generated"),
        ("blue", "Probably human\u2011made"),
        ("grey", "Uncertain"),
    ],
)
def test_the_verdict_is_said_in_words(
    client: Client, colour: str, headline: str
) -> None:
    page = upload(client, encode(plain(colour))).content.decode()

    assert f'<h1 id="verdict">{headline}</h1>' in page


def test_the_uncertain_band_is_drawn_where_the_thresholds_are(client: Client) -> None:
    page = upload(client, encode(plain("grey"))).content.decode()

    band = re.search(r'class="scale__uncertain" x="(.+?)" width="(.+?)"', page)
    assert band.groups() == ("30.00%", "40.00%")
    assert re.search(r'class="scale__marker" x="50.00%"', page)


def test_an_anonymous_result_says_that_nothing_was_kept(client: Client) -> None:
    page = upload(client, jpeg()).content.decode()

    assert "Nothing of your picture was kept" in page
    assert "/preview" not in page


def test_an_anonymous_result_is_visible_to_its_session_alone(
    client: Client, user_client: Client
) -> None:
    upload(client, jpeg())
    address = Submission.objects.get().get_absolute_url()

    assert client.get(address).status_code == 200
    assert Client().get(address).status_code == 404
    assert user_client.get(address).status_code == 404


def test_a_stranger_finds_nothing(
    user_client: Client, stranger_client: Client, client: Client
) -> None:
    upload(user_client, jpeg())
    address = Submission.objects.get().get_absolute_url()

    for other in (stranger_client, client):
        assert other.get(address).status_code == 404
        assert other.post(f"{address}delete/").status_code == 404
    assert Submission.objects.exists()


def test_an_unknown_or_malformed_id_is_nothing(user_client: Client) -> None:
    assert user_client.get(f"/submissions/{uuid4()}/").status_code == 404
    assert user_client.get("/submissions/1/").status_code == 404


def test_an_owner_deletes_a_result(user_client: Client) -> None:
    upload(user_client, jpeg())
    address = Submission.objects.get().get_absolute_url()

    response = user_client.post(f"{address}delete/")

    assert response.url == "/accounts/history/"
    assert not Submission.objects.exists()


def test_an_anonymous_visitor_deletes_a_result(client: Client) -> None:
    upload(client, jpeg())
    address = Submission.objects.get().get_absolute_url()

    assert client.post(f"{address}delete/").url == "/"
    assert not Submission.objects.exists()


def test_a_link_deletes_nothing(user_client: Client) -> None:
    upload(user_client, jpeg())
    address = Submission.objects.get().get_absolute_url()

    assert user_client.get(f"{address}delete/").status_code == 405
    assert Submission.objects.exists()


def test_the_form_needs_its_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)

    assert upload(client, jpeg()).status_code == 403


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 400, "The file is empty"),
        (b"text", 415, "not a picture we can read"),
        (jpeg()[:2000], 422, "damaged or incomplete"),
    ],
    ids=["empty", "text", "truncated"],
)
def test_a_refused_picture_is_explained_on_the_page(
    client: Client, data: bytes, status: int, words: str
) -> None:
    response = upload(client, data)

    assert response.status_code == status
    assert words in response.context["problem"].detail
    assert 'role="alert"' in response.content.decode()


def test_the_form_without_a_choice_is_explained(client: Client) -> None:
    response = client.post("/")

    assert response.status_code == 400
    assert response.context["problem"].code == "no_file"


def test_a_body_over_the_limit_is_explained_on_the_page(
    client: Client, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000

    response = upload(client, b"x" * 100_000)

    assert response.status_code == 413
    assert "larger than" in response.content.decode()


def test_a_missing_model_is_explained_on_the_page(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "nothing"

    response = upload(client, jpeg())

    assert response.status_code == 503
    assert "not available right now" in response.content.decode()


def test_pages_hold_no_inline_script_or_style(user_client: Client) -> None:
    for page in (user_client.get("/"), upload(user_client, jpeg())):
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert "<style" not in text
        assert not re.search(r"\s(style|on[a-z]+)=", text)
