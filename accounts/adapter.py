"""Where allauth's own way would fail or say too little."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext

Context = dict[str, Any]


class AccountAdapter(DefaultAccountAdapter):
    """allauth's, but what others do or fail to do is no fault of ours."""

    def send_mail(self, template_prefix: str, email: str, context: Context) -> None:
        """Send it; raises `SMTPException`, also where no mail server is reached."""
        try:
            super().send_mail(template_prefix, email, context)
        except SMTPException:
            raise
        except OSError as error:
            raise SMTPException("The mail server was not reached.") from error

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Make the address the account's; False where somebody else has it by now."""
        try:
            with transaction.atomic():
                return super().confirm_email(request, email_address)
        except IntegrityError:
            messages.error(
                request,
                gettext("Somebody else has this e-mail address by now. Take another."),
            )
            return False
