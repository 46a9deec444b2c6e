"""POST /predict/address, and the form of the page: a picture by its address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from classifier import remote
from classifier.models import Source, Submission
from classifier.openapi import ADDRESS_CODES
from classifier.problems import problem_of
from classifier.remote import AddressRefused
from tests.images import encode, plain
from tests.remote_sites import TlsSite, sends, tls_site

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def pictures() -> Iterator[TlsSite]:
    answers = {
        "/red.png": sends(encode(plain("red"))),
        "/page.html": sends(b"<html></html>", headers={"Content-Type": "image/png"}),
        "/empty": sends(b""),
    }
    with tls_site(answers) as site:
        yield site


@pytest.fixture(autouse=True)
def _reachable(pictures: TlsSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site of this module is on the public internet."""
    monkeypatch.setattr(remote, "site_policy", pictures.policy)
    pictures.asked.clear()


def judge(client: Client, address: str, query: str = "") -> HttpResponse:
    return client.post(
        f"/predict/address{query}", {"address": address}, "application/json"
    )


def test_the_answer_is_that_of_predict(user_client: Client, pictures: TlsSite) -> None:
    response = judge(user_client, pictures.address("/red.png"), "?stability=1")

    assert response.status_code == 200
    answer = response.json()
    assert answer["label"] == "ai"
    assert answer["image"]["format"] == "PNG"
    assert answer["stability"]["flips"] is False
    submission = Submission.objects.get()
    assert submission.original_name == "red.png"
    assert str(submission.pk) == answer["id"]


def test_anybody_may_ask_and_nothing_of_the_picture_is_kept(
    client: Client, pictures: TlsSite
) -> None:
    assert judge(client, pictures.address("/red.png")).json()["heatmap"] is None

    submission = Submission.objects.get()
    assert (submission.preview.name, submission.original_name) == ("", "")
    assert submission.source == Source.API


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/page.html", 415, "unsupported_format"),
        ("/empty", 400, "empty_file"),
        ("/missing", 422, "address_no_picture"),
    ],
)
def test_what_is_fetched_is_judged_by_its_content(
    client: Client, pictures: TlsSite, path: str, status: int, code: str
) -> None:
    response = judge(client, pictures.address(path))

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Submission.objects.exists()


def test_the_size_limit_is_that_of_files(
    client: Client, pictures: TlsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = pictures.policy(max_bytes=10)
    monkeypatch.setattr(remote, "site_policy", lambda: small)

    response = judge(client, pictures.address("/red.png"))

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")


def test_a_running_site_asks_port_443_alone_and_trusts_known_authorities(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    settings.MAX_UPLOAD_BYTES = 1234

    policy = remote.site_policy()

    assert policy.ports == {443}
    assert policy.max_bytes == 1234
    assert policy.tls.check_hostname
    assert policy.tls.get_ca_certs()


def test_a_private_address_says_nothing_about_the_network(client: Client) -> None:
    response = judge(client, "https://169.254.169.254/latest/meta-data/")

    body = response.json()
    assert (response.status_code, body["code"]) == (422, "address_unreachable")
    assert "169" not in body["detail"]


def test_it_can_be_turned_off(
    client: Client, settings: Settings, pictures: TlsSite
) -> None:
    settings.FETCH_BY_ADDRESS = False

    response = judge(client, pictures.address("/red.png"))

    assert (response.status_code, response.json()["code"]) == (404, "address_off")
    assert pictures.asked == []
    assert b'name="address"' not in client.get("/").content


def test_it_counts_as_a_picture(
    client: Client, settings: Settings, pictures: TlsSite
) -> None:
    settings.THROTTLE_ANON = "1/min"
    judge(client, pictures.address("/red.png"))

    response = judge(client, pictures.address("/red.png"))

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert len(pictures.asked) == 1


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"address": 1}'])
def test_a_body_without_an_address(client: Client, body: str) -> None:
    response = client.post("/predict/address", body, "application/json")

    assert response.status_code in (400, 422)
    assert set(response.json()) == {"detail", "code"}
    assert response.json()["code"] in ADDRESS_CODES[response.status_code]


def test_other_methods(client: Client) -> None:
    response = client.get("/predict/address")

    assert response.status_code == 405
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("code", remote.DETAILS)
def test_every_refusal_is_in_the_document(code: str) -> None:
    problem = problem_of(AddressRefused(code))

    assert code in ADDRESS_CODES[problem.status]


def test_the_form_leads_to_the_result_without_javascript(
    client: Client, pictures: TlsSite
) -> None:
    response = client.post("/", {"address": pictures.address("/red.png")}, follow=True)

    assert "Probably AI\u2011generated" in response.content.decode()
    assert Submission.objects.get().source == Source.PAGE


def test_a_refused_address_stays_in_its_field(client: Client) -> None:
    response = client.post("/", {"address": 'https://10.0.0.1/"x".png'})

    assert response.status_code == 422
    page = response.content.decode()
    assert "No public site can be reached" in page
    assert 'value="https://10.0.0.1/&quot;x&quot;.png"' in page
