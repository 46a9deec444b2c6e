"""What is told, and to whom."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import DeliveryState, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoint_create
from classifier.models import Source
from classifier.rescoring import rescore_pictures
from classifier.services import submission_create
from tests.accounts.webhooks.helpers import finish_a_batch
from tests.accounts.webhooks.receiver import Receiver
from tests.bundles import tiny_bundle
from tests.images import encode, plain

pytestmark = pytest.mark.django_db


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
