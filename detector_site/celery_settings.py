"""The settings of the task queue, which workers and the site share."""

from __future__ import annotations

from typing import Any

from detector_site.env import Environment
from detector_site.service_urls import broker_from_url

# The same on every machine, with a broker or without.
FIXED: dict[str, Any] = {
    "CELERY_TASK_ACKS_LATE": True,
    "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
    "CELERY_TASK_SOFT_TIME_LIMIT": 540,
    "CELERY_TASK_TIME_LIMIT": 600,
    "CELERY_TASK_IGNORE_RESULT": True,
    "CELERY_ACCEPT_CONTENT": ["json"],
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    "CELERY_WORKER_MAX_TASKS_PER_CHILD": 500,
    # Nobody gives orders to workers from elsewhere, and SQS could not carry them.
    "CELERY_WORKER_ENABLE_REMOTE_CONTROL": False,
    "CELERY_WORKER_SEND_TASK_EVENTS": False,
    "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": True,
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
    "CELERY_TASK_PUBLISH_RETRY_POLICY": {"max_retries": 1, "interval_start": 0.2},
    "CELERY_BROKER_POOL_LIMIT": 4,
}


def celery_settings(env: Environment) -> dict[str, Any]:
    """All `CELERY_*` settings; without a broker CELERY_BROKER_URL is empty.

    Raises `ImproperlyConfigured` for a variable that cannot be read.
    """
    # A worker that says nothing for so long is taken for dead, and its task is given
    # to another: longer than the longest task, or tasks would be done twice.
    visibility_seconds = env.integer(
        "CELERY_VISIBILITY_SECONDS", default=900, minimum=1
    )
    broker = broker_from_url(
        env.text("CELERY_BROKER_URL"), visibility_seconds=visibility_seconds
    )
    return {
        **FIXED,
        **broker,
        "CELERY_VISIBILITY_SECONDS": visibility_seconds,
        "CELERY_WORKER_CONCURRENCY": env.integer(
            "WORKER_CONCURRENCY", default=2, minimum=1
        ),
    }
