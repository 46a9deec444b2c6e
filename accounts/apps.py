"""The Django app of people, their tokens and their webhooks."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects what people are told about."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from accounts.webhooks import announce_batch, announce_flip
        from classifier.events import batch_finished, verdict_flipped

        batch_finished.connect(announce_batch, dispatch_uid="accounts.webhooks")
        verdict_flipped.connect(announce_flip, dispatch_uid="accounts.webhooks")
