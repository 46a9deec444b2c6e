"""What a process does once before it serves."""

from __future__ import annotations

import ctypes
import os
import threading

import django

# mallopt(3); the parameter's number is glibc's.
_M_ARENA_MAX = -8
_ARENAS = 2


def migrate() -> None:
    """Bring the database up to date, and leave no connection open for a fork."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")
    django.setup()

    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()


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
