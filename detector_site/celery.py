"""The Celery application: `celery --app detector_site worker`.

Nothing but a worker, and a site that has a broker, imports it. Its settings are the
CELERY_ ones of `detector_site.settings`.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")

from django.conf import settings

if not settings.CELERY_BROKER_URL:
    raise ImproperlyConfigured(
        "A worker needs CELERY_BROKER_URL, such as redis://127.0.0.1:6379/1. Without "
        "it there is nothing for a worker to do: the site does all work itself."
    )

app = Celery("detector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["classifier", "accounts"])


@setup_logging.connect
def keep_the_logs_of_the_site(**_: Any) -> None:
    """Celery's own set-up would replace Django's, which the settings ask for."""


@worker_ready.connect
def take_up_what_was_left(**_: Any) -> None:
    """Work that a broker lost is still in the rows."""
    from accounts.tasks import deliver_due_webhooks
    from classifier.tasks import resume_batches

    resume_batches.delay()
    deliver_due_webhooks.delay()
