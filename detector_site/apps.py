"""Registers the deployment checks and keeps the shared cache table in place."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class DetectorSiteConfig(AppConfig):
    """The project package as an application: no models, only start-up work."""

    name = "detector_site"

    def ready(self) -> None:
        """Register the checks; after `migrate`, the cache's table exists as well."""
        from detector_site import checks  # noqa: F401 - importing registers them

        if settings.CELERY_BROKER_URL:
            # Becomes Celery's current application, which tasks are sent by.
            from detector_site import celery  # noqa: F401

        # Django sends the signal only for applications that have models.
        post_migrate.connect(create_cache_table, sender=apps.get_app_config("accounts"))


class CollectedStaticConfig(StaticFilesConfig):
    """Static files without pages that this site does not have.

    Compressing ReDoc and the browsable API would be most of the first start.
    """

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "redoc.*",
        "rest_framework",
    ]


def create_cache_table(*, using: str, **_: Any) -> None:
    """Create the table of the database cache where it is used and missing."""
    call_command("createcachetable", database=using, verbosity=0)
