"""A program that takes webhooks, and what leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoint_create
from tests.accounts.webhooks.helpers import EVENTS
from tests.accounts.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiver]:
    """A program that the site may reach and whose certificate it trusts."""
    with receiving(tmp_path) as (running, certificate):
        settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8", "::1/128"]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        yield running


@pytest.fixture
def secret(user: User, receiver: Receiver) -> str:
    """The secret of the user's endpoint, which leads to the receiver."""
    _, secret = endpoint_create(user=user, url=receiver.url, events=EVENTS)
    return secret


@pytest.fixture
def endpoint(secret: str) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get()


@pytest.fixture
def waiting(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A message that is due."""
    return WebhookDelivery.objects.create(
        endpoint=endpoint, event="batch.finished", payload={"type": "batch.finished"}
    )
