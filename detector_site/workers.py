"""What gunicorn's processes do once before they serve."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
from collections.abc import Callable
from importlib import import_module

import django
from django.db import connections

# mallopt(3); the parameter's number is glibc's.
_M_ARENA_MAX = -8
_ARENAS = 2
_TRIM_SECONDS = 10.0


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
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim"):  # glibc
        # It gives every thread a pool of its own; here threads share two.
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        _in_background(_trim_for_ever, libc)
    _in_background(_warm_up)


def _in_background(function: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()


def _warm_up() -> None:
    from detector_site.health import warm_up

    # Django imports the addresses with the first request, which would wait for it.
    import_module("detector_site.urls")
    warm_up()


def _trim_for_ever(libc: ctypes.CDLL) -> None:
    """Give back what the last pictures needed, now and then.

    glibc keeps freed blocks of the size of a picture in its pools. To keep them out of
    these from the first would cost every picture a sixth more time.
    """
    while True:
        time.sleep(_TRIM_SECONDS)
        libc.malloc_trim(0)
