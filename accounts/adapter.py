"""Where allauth's own way would fail or say too little."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext


class AccountAdapter(DefaultAccountAdapter):
    """allauth's, but an address that somebody else took meanwhile is no 500."""

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
