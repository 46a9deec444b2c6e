"""A message goes to public addresses alone, over https that somebody vouches for."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks import delivery_try
from accounts.webhooks_http import Undeliverable, post
from tests.accounts.webhooks.helpers import EVENTS
from tests.accounts.webhooks.receiver import Receiver
from tests.remote_sites import authority, drips_its_body, tls_site

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "http://example.org/",
        "https://user:password@example.org/",
        "https://no-such-name.invalid/",
    ],
)
def test_an_address_inside_the_network_is_refused(
    user_client: Client, settings: Settings, url: str
) -> None:
    page = user_client.post("/accounts/webhooks/", {"url": url, "events": EVENTS})

    assert "errorlist" in page.content.decode()
    assert not WebhookEndpoint.objects.exists()
    with pytest.raises(Undeliverable):
        post(url, b"", {}, seconds=2)


def test_a_certificate_that_nobody_vouches_for_is_no_success(
    waiting: WebhookDelivery, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert receiver.requests == []
    assert waiting.last_status is None
    assert "certificate" in waiting.last_error


def test_a_receiver_that_never_finishes_is_cut_off(settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Undeliverable, match="no answer within"):
            post(f"https://127.0.0.1:{port}/", b"", {}, seconds=0.5)


def test_a_receiver_that_drips_its_answer_is_cut_off(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8", "::1/128"]
    authority().cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with (
        tls_site({"/hook": drips_its_body}, certified="localhost") as site,
        pytest.raises(Undeliverable, match="no answer within"),
    ):
        post(site.address("/hook", "localhost"), b"{}", {}, seconds=1.5)
    assert len(site.asked) == 1
