"""Webhooks: signed, to public addresses alone, tried again, and turned off at last."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import webhooks
from accounts.models import DeliveryState, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import (
    deliveries_send_due,
    delivery_try,
    endpoint_create,
    expired_deliveries,
)
from accounts.webhooks_http import Undeliverable, post
from accounts.webhooks_signing import signature
from classifier.models import Source
from classifier.rescoring import rescore_pictures
from classifier.services import submission_create
from tests.accounts.receiver import Receiver, receiving
from tests.bundles import tiny_bundle
from tests.classifier.batches import red, send
from tests.detector_site.processes import ROOT
from tests.images import encode, plain

pytestmark = pytest.mark.django_db
EVENTS = ["batch.finished", "submission.rechecked"]
DAY = timedelta(days=1)


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


def finish_a_batch(
    client: Client, on_commit: DjangoCaptureOnCommitCallbacks
) -> dict[str, Any]:
    with on_commit(execute=True):
        return send(client, red()).json()


def snippet() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function of docs/api.md that checks a signature."""
    page = (ROOT / "docs/api.md").read_text()
    code = next(
        block
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        if "webhook-signature" in block
    )
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    return names["verify"]


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries."""
    signed = signature(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_finished_batch_is_told(
    user_client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    answer = finish_a_batch(user_client, django_capture_on_commit_callbacks)

    (received,) = receiver.requests
    message = json.loads(received.body)
    assert received.path == "/hook?a=1"
    assert message["type"] == "batch.finished"
    assert message["data"]["id"] == answer["id"]
    assert message["data"]["url"].endswith(f"/predict/batch/{answer['id']}")
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_the_snippet_of_the_documentation_accepts_what_is_sent(
    waiting: WebhookDelivery, secret: str, receiver: Receiver
) -> None:
    delivery_try(delivery_id=waiting.pk)

    (received,) = receiver.requests
    verify = snippet()
    assert verify(secret, received.headers, received.body)
    assert not verify(secret, received.headers, received.body + b" ")
    old = {**received.headers, "webhook-timestamp": str(int(time.time()) - 3600)}
    assert not verify(secret, old, received.body)


def test_a_flipped_verdict_is_told(
    user: User,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    data = encode(plain("grey"))
    kept = submission_create(owner=user, data=data, name="a.png", source=Source.PAGE)
    new = tiny_bundle(tmp_path_factory.mktemp("new"), version="2.0", bias=9.0)
    settings.DETECTOR_BUNDLE = new

    with django_capture_on_commit_callbacks(execute=True):
        rescore_pictures(submission_ids=[kept.submission.pk])

    (received,) = receiver.requests
    told = json.loads(received.body)["data"]
    assert told["id"] == str(kept.submission.pk)
    assert (told["label_before"], told["label"]) == ("uncertain", "ai")


def test_only_the_chosen_events_are_told(
    user: User,
    user_client: Client,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    endpoint_create(user=user, url=receiver.url, events=["submission.rechecked"])

    finish_a_batch(user_client, django_capture_on_commit_callbacks)

    assert receiver.requests == []


def test_batches_of_others_are_not_told(
    stranger_client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    finish_a_batch(stranger_client, django_capture_on_commit_callbacks)

    assert receiver.requests == []


def test_without_a_worker_a_failed_message_is_tried_once_more_and_then_waits(
    user_client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    receiver.statuses = [500]

    finish_a_batch(user_client, django_capture_on_commit_callbacks)

    delivery = WebhookDelivery.objects.get()
    assert len(receiver.requests) == delivery.attempts == 2
    assert delivery.state == DeliveryState.PENDING
    assert delivery.next_try_at > timezone.now()


def test_a_message_that_is_tried_again_has_the_same_id(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [503, 200]
    delivery_try(delivery_id=waiting.pk)
    WebhookDelivery.objects.update(next_try_at=timezone.now())

    deliveries_send_due()

    ids = {received.headers["webhook-id"] for received in receiver.requests}
    assert len(receiver.requests) == 2
    assert ids == {waiting.message_id}
    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_status) == (DeliveryState.DELIVERED, 200)


def test_a_message_that_is_not_due_is_left_alone(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    WebhookDelivery.objects.update(next_try_at=timezone.now() + DAY)

    delivery_try(delivery_id=waiting.pk)

    assert receiver.requests == []


def test_a_delivered_message_is_not_sent_again(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    delivery_try(delivery_id=waiting.pk)
    delivery_try(delivery_id=waiting.pk)

    assert len(receiver.requests) == 1


def test_the_time_between_tries_grows_and_varies(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    waits = []
    for _ in range(6):
        WebhookDelivery.objects.update(next_try_at=timezone.now())
        delivery_try(delivery_id=waiting.pk)
        waiting.refresh_from_db()
        waits.append(waiting.next_try_at - waiting.last_try_at)

    seconds = [wait.total_seconds() for wait in waits]
    assert seconds == sorted(seconds)
    assert 4 <= seconds[0] <= 6.1
    assert seconds[5] > 3600
    assert len({round(wait, 3) for wait in seconds}) == 6


@pytest.mark.parametrize("status", [301, 404, 500])
def test_only_a_success_is_a_success(
    waiting: WebhookDelivery, receiver: Receiver, status: int
) -> None:
    receiver.statuses = [status]

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_status) == (DeliveryState.PENDING, status)
    assert len(receiver.requests) == 1, "redirects are not followed"


def test_after_a_day_of_failures_the_endpoint_is_off_and_its_owner_knows(
    waiting: WebhookDelivery, receiver: Receiver, user: User
) -> None:
    receiver.statuses = [500]
    WebhookDelivery.objects.update(created_at=timezone.now() - DAY)

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.FAILED
    assert waiting.endpoint.disabled_at is not None
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert f"/accounts/webhooks/{waiting.endpoint.pk}/" in message.body
    assert "Its last answer was 500" in message.body


def test_an_endpoint_that_took_something_meanwhile_stays_on(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    WebhookDelivery.objects.update(created_at=timezone.now() - DAY)
    WebhookEndpoint.objects.update(last_success_at=timezone.now())

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.FAILED
    assert waiting.endpoint.disabled_at is None
    assert mail.outbox == []


def test_an_endpoint_that_is_gone_is_off_at_once(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.statuses = [410]

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert waiting.endpoint.disabled_at is not None


def test_an_endpoint_that_is_off_is_told_nothing_until_it_is_on_again(
    user_client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    WebhookEndpoint.objects.update(disabled_at=timezone.now())
    finish_a_batch(user_client, django_capture_on_commit_callbacks)
    assert receiver.requests == []

    user_client.post(f"/accounts/webhooks/{endpoint.pk}/enable/")
    finish_a_batch(user_client, django_capture_on_commit_callbacks)

    assert len(receiver.requests) == 1


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


def test_the_secret_is_shown_once_and_stored_encrypted(
    user_client: Client, receiver: Receiver
) -> None:
    form = {"url": receiver.url, "events": EVENTS}
    page = user_client.post("/accounts/webhooks/", form)

    (secret,) = re.findall(r"data-secret>(whsec_[\w+/=]+)<", page.content.decode())
    endpoint = WebhookEndpoint.objects.get()
    later = user_client.get(f"/accounts/webhooks/{endpoint.pk}/").content.decode()
    assert secret not in later
    assert secret not in str(WebhookEndpoint.objects.values_list().get())
    assert "no-store" in page["Cache-Control"]


def test_a_new_secret_replaces_the_old(
    user_client: Client, waiting: WebhookDelivery, secret: str, receiver: Receiver
) -> None:
    page = user_client.post(f"/accounts/webhooks/{waiting.endpoint.pk}/renew/")
    (renewed,) = re.findall(r"data-secret>(whsec_[\w+/=]+)<", page.content.decode())

    delivery_try(delivery_id=waiting.pk)

    (received,) = receiver.requests
    assert renewed != secret
    assert snippet()(renewed, received.headers, received.body)
    assert not snippet()(secret, received.headers, received.body)


def test_after_a_change_of_the_sites_key_the_owner_is_told_what_to_do(
    user_client: Client,
    waiting: WebhookDelivery,
    receiver: Receiver,
    settings: Settings,
) -> None:
    settings.SECRET_KEY = "another key, long enough for everything 0123456789 abcdef"

    delivery_try(delivery_id=waiting.pk)

    waiting.refresh_from_db()
    assert receiver.requests == []
    assert waiting.last_error == "its secret cannot be read; make a new one"


def test_a_former_key_of_the_site_still_opens_secrets(
    waiting: WebhookDelivery, receiver: Receiver, settings: Settings
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, long enough for everything 0123456789 abcdef"

    delivery_try(delivery_id=waiting.pk)

    assert len(receiver.requests) == 1


def test_a_test_is_sent_and_logged(
    user_client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    page = user_client.post(f"/accounts/webhooks/{endpoint.pk}/test/", follow=True)

    (received,) = receiver.requests
    assert json.loads(received.body)["type"] == "test"
    text = page.content.decode()
    assert "The test was delivered." in text
    assert re.search(r'data-label="Answer">200<', text)


def test_a_test_that_fails_says_so_and_is_not_tried_again(
    user_client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.statuses = [500]

    page = user_client.post(f"/accounts/webhooks/{endpoint.pk}/test/", follow=True)

    assert "The test was answered 500" in page.content.decode()
    assert WebhookDelivery.objects.get().state == DeliveryState.FAILED


def test_a_person_has_at_most_five(user: User, user_client: Client) -> None:
    for number in range(5):
        endpoint_create(user=user, url=f"https://example.org/{number}", events=EVENTS)

    page = user_client.get("/accounts/webhooks/").content.decode()
    user_client.post(
        "/accounts/webhooks/", {"url": "https://example.org/6", "events": EVENTS}
    )

    assert "You have as many as there can be" in page
    assert WebhookEndpoint.objects.count() == 5


@pytest.mark.parametrize("action", ["", "renew/", "test/", "enable/", "delete/"])
def test_a_stranger_finds_none_of_it(
    stranger_client: Client,
    client: Client,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    action: str,
) -> None:
    address = f"/accounts/webhooks/{endpoint.pk}/{action}"
    ask = "post" if action else "get"

    assert getattr(stranger_client, ask)(address).status_code == 404
    assert getattr(client, ask)(address).status_code == 302
    assert receiver.requests == []
    assert WebhookEndpoint.objects.exists()


def test_a_deleted_webhook_is_gone(
    user_client: Client, waiting: WebhookDelivery
) -> None:
    user_client.post(f"/accounts/webhooks/{waiting.endpoint.pk}/delete/")

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_the_log_is_kept_for_30_days(waiting: WebhookDelivery) -> None:
    assert not expired_deliveries().exists()

    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))

    assert expired_deliveries().exists()


def test_while_one_sends_nobody_else_does(
    waiting: WebhookDelivery, receiver: Receiver
) -> None:
    """A second worker gets the message while the first waits for its answer."""
    mine = webhooks._claim(waiting.pk)

    delivery_try(delivery_id=waiting.pk)

    assert mine is not None
    assert receiver.requests == []
