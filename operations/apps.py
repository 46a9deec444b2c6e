"""The Django app of what keeps a running site observable and tidy."""

from __future__ import annotations

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Counts what happens to pictures."""

    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from operations import metrics

        metrics.connect()
