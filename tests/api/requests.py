"""Requests of programs, as the tests of the API send them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.services import token_create
from tests.images import encode, plain

RED = encode(plain("red"))
HISTORY = "/api/v1/history/"


def bearer(user: User, *scopes: str, lifetime: timedelta | None = None) -> Any:  # noqa: ANN401 - the keywords of Django's client
    """The header of a new token; without scopes it may do everything."""
    chosen = {"scopes": scopes} if scopes else {}
    _, token = token_create(user=user, name="script", lifetime=lifetime, **chosen)
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def send(client: Client, data: bytes = RED, **headers: Any) -> HttpResponse:
    """Send one picture."""
    file = SimpleUploadedFile("photo.png", data)
    return client.post("/predict", {"file": file}, **headers)
