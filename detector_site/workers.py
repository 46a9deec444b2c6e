"""What gunicorn's processes do once before they serve."""

from __future__ import annotations

import gc
import os
import threading
from importlib import import_module

import django
from django.db import connections

from classifier.malloc import keep_memory_small


def prepare_master(*, migrate: bool) -> None:
    """Import once what every worker needs; `migrate` brings the database up to date.

    No connection is left open for the fork, and no model is loaded before it. What is
    allocated now is frozen: the collector of no worker writes to it, so its memory
    stays shared.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")
    django.setup()
    if migrate:
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
    import_module("detector_site.wsgi")
    import_module("detector_site.urls")
    connections.close_all()
    gc.collect()
    gc.freeze()


def prepare_worker() -> None:
    """Load and warm the model in the background, and keep the memory small."""
    keep_memory_small()
    threading.Thread(target=_warm_up, daemon=True).start()


def _warm_up() -> None:
    from detector_site.health import warm_up

    # Django imports the addresses with the first request, which would wait for it.
    import_module("detector_site.urls")
    warm_up()
