"""Write to the administrator."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import mail_admins
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Sends one mail; the systemd units call it when one of them fails."""

    help = "Mail a sentence to ADMIN_EMAIL."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the argument."""
        parser.add_argument("subject", help="what happened")

    def handle(self, *, subject: str, **options: Any) -> None:
        """Send it."""
        if not settings.ADMINS:
            raise CommandError("Set ADMIN_EMAIL to the address that hears of failures.")
        mail_admins(subject, f"{subject}\n\nSite: {settings.SITE_URL}\n")
