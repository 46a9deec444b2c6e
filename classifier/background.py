"""Work that need not be done before the answer: a worker's, where there is a broker."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)


def enqueue(task: str, *arguments: Any, seconds: float = 0) -> bool:
    """Send `arguments` to a task by its name; a worker starts it in `seconds` or later.

    False where no worker can be reached: CELERY_BROKER_URL is empty, or the broker does
    not answer. The caller then does the work itself, so that nothing waits for ever.
    Arguments are what JSON can hold. Celery is imported only where it is used.
    """
    if not settings.CELERY_BROKER_URL:
        return False
    from celery import current_app
    from kombu.exceptions import OperationalError

    try:
        current_app.send_task(task, arguments, countdown=seconds or None)
    except (OperationalError, OSError):
        logger.exception("The broker does not answer; %s is done here.", task)
        return False
    return True
