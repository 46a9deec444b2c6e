"""An e-mail backend whose messages a worker sends; settings use it with a broker.

A visitor does not wait for the mail server, and a mail server that is down loses
nothing. A message with attachments, or one that no worker can be given, is sent here.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from classifier.background import enqueue

TASK = "accounts.tasks.send_message"
FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to")


class EmailBackend(BaseEmailBackend):
    """Hands messages to workers."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were handed over or sent."""
        return sum(self._send(message) for message in email_messages)

    def _send(self, message: EmailMessage) -> int:
        if not message.recipients():
            return 0
        if not message.attachments and enqueue(TASK, as_data(message)):
            return 1
        connection = _connection(fail_silently=self.fail_silently)
        return connection.send_messages([message]) or 0


def as_data(message: EmailMessage) -> dict[str, Any]:
    """What JSON can hold of it, with a Message-ID for all tries."""
    headers = {"Message-ID": make_msgid(domain="detector"), **message.extra_headers}
    data = {name: getattr(message, name) for name in FIELDS}
    data |= {
        "headers": {name: str(value) for name, value in headers.items()},
        "subtype": message.content_subtype,
        "alternatives": [
            [str(content), kind]
            for content, kind in getattr(message, "alternatives", [])
        ],
    }
    # Translations are lazy until somebody reads them.
    return data | {"subject": str(message.subject), "body": str(message.body)}


def send_now(data: dict[str, Any]) -> None:
    """Send what `as_data` made. Raises what the mail server's connection raises."""
    message = EmailMultiAlternatives(
        **{name: data[name] for name in FIELDS}, headers=data["headers"]
    )
    message.content_subtype = data["subtype"]
    for content, kind in data["alternatives"]:
        message.attach_alternative(content, kind)
    _connection(fail_silently=False).send_messages([message])


def _connection(*, fail_silently: bool) -> BaseEmailBackend:
    return get_connection(settings.QUEUED_EMAIL_BACKEND, fail_silently=fail_silently)
