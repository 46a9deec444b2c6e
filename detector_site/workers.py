"""What gunicorn's processes do once before they serve."""

from __future__ import annotations

import ctypes
import os
import threading
from importlib import import_module

import django

# mallopt(3); the parameter's number is glibc's.
_M_ARENA_MAX = -8
_ARENAS = 2


def prepare_master() -> None:
    """Bring the database up to date, and import once what every worker needs.

    No connection is left open for the fork, and no model is loaded before it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")
    django.setup()

    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()
    import_module("detector_site.urls")


def prepare_worker() -> None:
    """Load and warm the model in the background, and keep the memory small."""
    from detector_site.health import warm_up

    _limit_arenas()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()


def _limit_arenas() -> None:
    """Let threads share pools of memory.

    glibc gives every thread a pool of its own, which keeps what one picture needed.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    except (OSError, AttributeError):  # another C library
        return
