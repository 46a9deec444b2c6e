"""A mail server that is down: a page that says so, and no fault of the site."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.detector_site.servers import free_port


@pytest.mark.django_db
def test_an_unreachable_mail_server_is_a_503(
    client: Client, user: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    client.raise_request_exception = False

    response = client.post(
        "/accounts/password/reset/",
        {"email": user.email},
        headers={"Accept": "text/html"},
    )

    assert response.status_code == 503
    assert response["Retry-After"]
