"""What every answer says to the browser."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings


@pytest.mark.django_db
def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(
    client: Client,
) -> None:
    response = client.get("/accounts/login/")

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_the_api_documentation_is_served_from_here(client: Client) -> None:
    response = client.get("/api/docs")

    assert response.status_code == 200
    assert b"/static/ninja/swagger-ui" in response.content
    assert b"https://cdn" not in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs", "/", "/accounts/signup/"])
def test_no_page_may_use_inline_styles(client: Client, path: str) -> None:
    assert "unsafe" not in client.get(path)["Content-Security-Policy"]


def test_whoever_asks_for_an_icon_without_a_page_gets_it(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/img/favicon.ico"


def test_plain_http_is_redirected_to_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = client.get("/accounts/login/")

    assert response.status_code == 301
    assert response["Location"] == "https://testserver/accounts/login/"


@pytest.mark.django_db
def test_an_unknown_page_is_a_friendly_404(client: Client) -> None:
    response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert b"Nothing is here" in response.content


@pytest.mark.django_db
def test_a_form_without_its_token_is_a_friendly_403() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})

    assert response.status_code == 403
    assert b"The form has expired" in response.content
