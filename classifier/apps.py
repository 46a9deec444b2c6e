"""The Django app of submitted pictures and their predictions."""

from __future__ import annotations

from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    """Registers the system checks and the removal of files."""

    name = "classifier"
    verbose_name = "Submitted pictures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what Django finds by import alone."""
        from classifier import checks, signals  # noqa: F401 - registered on import
