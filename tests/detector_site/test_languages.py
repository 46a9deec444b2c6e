"""Pages follow the visitor's language; what programs read stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db
ARABIC = {"Accept-Language": "ar"}


@pytest.fixture(autouse=True)
def _back_to_english() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    yield
    translation.activate("en")


def test_a_page_follows_the_browser(client: Client) -> None:
    answer = client.get("/how-it-works/", headers=ARABIC)

    assert '<html lang="ar" dir="rtl">' in answer.text
    assert answer["Content-Language"] == "ar"
    assert "Accept-Language" in answer["Vary"]


def test_a_page_is_english_for_everybody_else(client: Client) -> None:
    answer = client.get("/how-it-works/", headers={"Accept-Language": "fi"})

    assert '<html lang="en" dir="ltr">' in answer.text


def test_the_switch_works_without_a_script_and_comes_back(client: Client) -> None:
    page = client.get("/status")
    form = {"language": "ar", "next": "/status"}
    answer = client.post("/language/", form, follow=True)

    assert 'name="next" value="/status"' in page.text
    assert answer.redirect_chain == [("/status", HTTPStatus.FOUND)]
    assert '<html lang="ar" dir="rtl">' in answer.text


def test_the_choice_outweighs_the_browser(client: Client) -> None:
    client.post("/language/", {"language": "en", "next": "/"})
    answer = client.get("/how-it-works/", headers=ARABIC)

    assert '<html lang="en"' in answer.text


def test_the_switch_never_leads_to_another_site(client: Client) -> None:
    form = {"language": "ar", "next": "https://elsewhere.example/"}
    answer = client.post("/language/", form)

    assert answer["Location"] == "/"


@pytest.mark.parametrize("path", ["/health", "/api/openapi.json", "/metrics"])
def test_answers_for_programs_know_no_language(client: Client, path: str) -> None:
    answer = client.get(path, headers=ARABIC)

    assert "Content-Language" not in answer
    assert "Accept-Language" not in answer.get("Vary", "")


def test_an_error_of_the_api_is_english_for_programs(client: Client) -> None:
    answer = client.post("/predict", headers=ARABIC)

    assert "Content-Language" not in answer
    assert answer.json()["detail"].isascii()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_texts_of_scripts_are_kept_by_browsers(
    client: Client, language: str
) -> None:
    answer = client.get(f"/language/{language}.js")

    assert "gettext" in answer.text
    assert answer["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer["Cache-Control"]
    assert "Cookie" not in answer.get("Vary", "")


def test_no_texts_in_a_language_the_site_does_not_speak(client: Client) -> None:
    assert client.get("/language/fi.js").status_code == HTTPStatus.NOT_FOUND
