"""`manage.py resume_work`: what was left undone is done."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User, WebhookDelivery
from accounts.webhooks import endpoint_create
from classifier.models import Batch, BatchState

pytestmark = pytest.mark.django_db


def test_lost_batches_and_due_webhooks_are_taken_up(user: User) -> None:
    lost = timezone.now() - timedelta(days=1)
    batch = Batch.objects.create(owner=user, source="api", touched_at=lost)
    endpoint, _ = endpoint_create(
        user=user, url="https://no.invalid/", events=["batch.finished"]
    )
    WebhookDelivery.objects.create(
        endpoint=endpoint, event="batch.finished", payload={}
    )
    output = io.StringIO()

    call_command("resume_work", stdout=output)

    batch.refresh_from_db()
    assert output.getvalue() == "1 batches and 2 webhooks taken up.\n"
    assert batch.state == BatchState.DONE
    assert set(WebhookDelivery.objects.values_list("attempts", flat=True)) == {1}
